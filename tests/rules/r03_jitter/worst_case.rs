//! Rule R3: the worst case of a policy includes its jitter.

use resilient::retries::Jitter;
use resilient::{Classification, RetryPolicy};
use resilient_testkit::ms;

use crate::support::retry::{SECOND, build, fail};
use crate::support::worst_case::worst;

#[test]
fn r03_the_worst_case_includes_jitter_that_lengthens_a_delay() {
    for (jitter, millis) in [
        (Jitter::None, 700),
        (Jitter::Full, 700),
        (Jitter::Equal, 700),
        (Jitter::Proportional(0.5), 1_050),
        (Jitter::Decorrelated, 100 + 300 + 900),
    ] {
        let settings = RetryPolicy::builder().jitter(jitter);

        assert_eq!(worst(&settings).sleep(), ms(millis), "{jitter:?}");
    }
}

#[test]
fn r03_jitter_does_not_lengthen_a_delay_beyond_the_cap() {
    let settings = RetryPolicy::builder().jitter(Jitter::Proportional(0.5));

    // The delays are 150 ms, 300 ms, and 400 ms instead of 600 ms.
    let worst = worst(&settings.max_delay(ms(400)));

    assert_eq!(worst.sleep(), ms(850));
}

#[tokio::test(start_paused = true)]
async fn r03_the_delays_of_a_policy_are_those_that_a_call_sleeps() {
    for seed in 0..20 {
        let settings = RetryPolicy::builder().seed(seed).max_retries(6);
        let policy = build(&settings.base_delay(SECOND));

        let course = fail(&policy, Classification::transient()).await;

        for (slept, delay) in course.delays.iter().zip(policy.delays()) {
            // tokio's timers round up to a millisecond.
            assert!(*slept >= delay && *slept <= delay + ms(1), "{slept:?} for {delay:?}");
        }
        assert_eq!(course.delays.len(), policy.delays().count());
    }
}
