//! Rule C2: the recommended stack of attributes works as documented.

use resilient::retries::TimeLimit;

use crate::support::cuts::{cut, never};
use crate::support::retry::{SECOND, at_once, breaker, build, exact};

#[tokio::test(start_paused = true)]
async fn c02_a_host_that_hangs_opens_its_circuit() {
    let breaker = breaker(2);
    let result = build(&exact().max_retries(5))
        .call()
        .attempt_timeout(SECOND)
        .through(&breaker)
        .run(|_| never())
        .await;
    assert_eq!(cut(result), (TimeLimit::AttemptTimeout, 2, SECOND));
    assert_eq!(breaker.snapshot().totals.failure, 2);
    assert_eq!(breaker.state(), resilient::breaker::CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn c02_a_cut_by_the_deadline_is_a_failure_unless_the_attempt_has_its_own_limit() {
    let (alone, beside) = (breaker(5), breaker(5));
    let policy = at_once(0);

    let call = policy.call().deadline(SECOND).through(&alone);
    assert_eq!(cut(call.run(|_| never()).await).0, TimeLimit::Deadline);
    let call = policy.call().deadline(SECOND).attempt_timeout(2 * SECOND);
    let result = call.through(&beside).run(|_| never()).await;
    assert_eq!(cut(result).0, TimeLimit::Deadline);

    let (alone, beside) = (alone.snapshot().totals, beside.snapshot().totals);
    assert_eq!((alone.failure, alone.abandoned), (1, 0));
    assert_eq!((beside.failure, beside.abandoned), (0, 1));
}
