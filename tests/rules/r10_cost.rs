//! Rule R10: a retry loop costs little if its first attempt succeeds.

use resilient::RetryPolicy;
use resilient::testing;
use resilient_testkit::Fault;

use crate::support::retry::breaker;

#[tokio::test]
async fn r10_a_first_try_that_succeeds_draws_no_random_number() {
    let breaker = breaker(1);
    let delays = || RetryPolicy::DEFAULT.delays().collect::<Vec<_>>();
    testing::seed_thread(10);
    let untouched = delays();
    testing::seed_thread(10);

    let alone: Result<(), Fault> = RetryPolicy::DEFAULT.call().run(async |_| Ok(())).await;
    let through: Result<(), Fault> =
        RetryPolicy::DEFAULT.call().through(&breaker).run(async |_| Ok(())).await;

    assert_eq!((alone, through), (Ok(()), Ok(())));
    assert_eq!(delays(), untouched);
}
