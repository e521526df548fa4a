//! Each way to end a call has one outcome.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, CircuitState};
use resilient::{CircuitBreaker, CircuitOpen, Classification, Classify, Outcome};

use resilient_testkit::{
    abandon, closed, due, fail, fragile, ignore, panic_in_call, run, secs, succeed,
};

/// A function that makes a whole call, from its admission to its end.
type End = fn(&CircuitBreaker);

#[derive(Debug, PartialEq)]
enum FetchError {
    Is(Classification),
    Open(CircuitOpen),
}

impl Classify for FetchError {
    fn classify(&self) -> Classification {
        match self {
            Self::Is(class) => *class,
            Self::Open(_) => Classification::ignored(),
        }
    }
}

impl From<CircuitOpen> for FetchError {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open)
    }
}

fn call_with_class(breaker: &CircuitBreaker, class: Classification) -> Result<(), FetchError> {
    run(breaker.call_classified(async || Err(FetchError::Is(class))))
}

#[test]
fn outcome_each_end_of_a_call_is_counted_as_in_the_table() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(99));
    let ends: [End; 5] = [succeed, fail, ignore, abandon, panic_in_call];
    let expected = [
        // The columns are successes, failures, ignored calls, abandoned calls and the streak.
        (1, 0, 0, 0, 0),
        (1, 1, 0, 0, 1),
        (1, 1, 1, 0, 1),
        (1, 1, 1, 1, 1),
        (1, 2, 1, 1, 2),
    ];
    for (end, expected) in ends.into_iter().zip(expected) {
        end(&breaker);
        let snapshot = breaker.snapshot();
        let totals = snapshot.totals;
        let counted = (totals.success, totals.failure, totals.ignored, totals.abandoned);
        let (success, failure, ignored, abandoned, streak) = expected;
        assert_eq!(counted, (success, failure, ignored, abandoned));
        assert_eq!(snapshot.consecutive_failures, streak);
    }
}

#[test]
fn outcome_each_end_of_a_probe_has_the_effect_in_the_table() {
    let ends: [(End, CircuitState); 5] = [
        (succeed, CircuitState::Closed),
        (fail, CircuitState::Open),
        (ignore, CircuitState::HalfOpen),
        (abandon, CircuitState::HalfOpen),
        (panic_in_call, CircuitState::Open),
    ];
    for (end, state) in ends {
        let (breaker, _clock) = due(&fragile());
        end(&breaker);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.state, snapshot.probes_in_flight), (state, 0));
    }
}

#[test]
fn outcome_an_abandoned_call_is_a_failure_if_that_is_set() {
    let config = fragile().failure_threshold(2).abandoned(AbandonedOutcome::Failure);
    let (breaker, clock) = closed(&config);
    abandon(&breaker);
    assert_eq!(
        (breaker.state(), breaker.snapshot().consecutive_failures),
        (CircuitState::Closed, 1)
    );
    abandon(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(secs(10));
    abandon(&breaker);
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(breaker.snapshot().totals.failure, 3);
}

#[test]
fn outcome_cancelled_calls_open_the_circuit_only_if_they_count_as_failures() {
    let (lenient, _clock) = closed(&fragile());
    let (strict, _clock) = closed(&fragile().abandoned(AbandonedOutcome::Failure));
    for breaker in [&lenient, &strict] {
        for _ in 0..100 {
            let _ = breaker.try_acquire().map(drop);
        }
    }
    assert_eq!((lenient.state(), strict.state()), (CircuitState::Closed, CircuitState::Open));
}

#[test]
fn outcome_err_and_none_are_failures_and_ok_and_some_are_not() {
    let (breaker, _clock) = closed(&fragile().failure_threshold(99));
    let streak_after = |call: &dyn Fn()| {
        call();
        breaker.snapshot().consecutive_failures
    };
    assert_eq!(streak_after(&|| _ = run(breaker.call(async || None::<()>))), 1);
    assert_eq!(streak_after(&|| _ = run(breaker.call(async || Some(())))), 0);
    let bad = || FetchError::Is(Classification::ignored());
    assert_eq!(streak_after(&|| _ = run(breaker.call(async || Err::<(), _>(bad())))), 1);
    assert_eq!(streak_after(&|| _ = run(breaker.call(async || Ok::<_, FetchError>(())))), 0);
    let permit = breaker.try_acquire().unwrap();
    permit.report_output(&Err::<(), _>("any error"));
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
    breaker.try_acquire().unwrap().report_output(&Some(()));
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[test]
fn outcome_the_words_of_the_derive_mean_what_they_say() {
    let words = [
        (Classification::transient(), Outcome::Failure, true),
        (Classification::permanent(), Outcome::Failure, false),
        (Classification::throttled(), Outcome::Ignored, true),
        (Classification::ignored(), Outcome::Ignored, false),
        (Classification::answered(), Outcome::Success, false),
    ];
    for (class, health, retry) in words {
        assert_eq!((class.health, class.retry, class.retry_after), (health, retry, None));
        let (breaker, _clock) = closed(&fragile().failure_threshold(9));
        fail(&breaker);
        let error = call_with_class(&breaker, class).unwrap_err();
        assert_eq!(error, FetchError::Is(class));
        let expected = match health {
            Outcome::Success => 0,
            Outcome::Failure => 2,
            _ => 1,
        };
        assert_eq!(breaker.snapshot().consecutive_failures, expected, "{class:?}");
    }
}

#[test]
fn outcome_the_whole_output_can_be_classified_so_that_a_failure_inside_ok_is_one() {
    let (breaker, _clock) = closed(&fragile());
    let busy = |status: &Result<u16, CircuitOpen>| match status {
        Ok(503) => Some(Classification::transient().after(secs(99))),
        _ => None,
    };
    assert_eq!(run(breaker.call_with(busy, async || Ok(200))), Ok(200));
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(run(breaker.call_with(busy, async || Ok(503))), Ok(503));
    let open = run(breaker.call_with(busy, async || Ok(200))).unwrap_err();
    assert_eq!(open.retry_after(), Some(secs(99)));
}

#[test]
fn outcome_a_rejected_call_is_not_made_and_gets_the_error_of_the_open_circuit() {
    let (breaker, _clock) = closed(&fragile());
    breaker.trip().unwrap();
    let not_made = async || -> Result<(), FetchError> { panic!("made") };
    let error = run(breaker.call(not_made)).unwrap_err();
    let FetchError::Open(open) = error else {
        panic!("{error:?}");
    };
    assert_eq!(open.breaker(), "dependency");
    assert_eq!(run(breaker.call(async || Some(()))), None);
    assert_eq!(breaker.snapshot().totals.rejected, 2);
}

#[test]
fn outcome_a_reference_and_a_box_have_the_class_of_their_error() {
    for class in [Classification::throttled(), Classification::permanent()] {
        let error = FetchError::Is(class);
        assert_eq!(Classify::classify(&&error), class);
        let boxed: Box<dyn Classify> = Box::new(error);
        assert_eq!(boxed.classify(), class);
    }
}

#[test]
fn outcome_a_class_carries_its_hint() {
    let class = Classification::throttled().after(Duration::from_millis(7));
    assert_eq!(class.retry_after, Some(Duration::from_millis(7)));
    assert_eq!((class.health, class.retry), (Outcome::Ignored, true));
}

#[test]
fn outcome_a_predicate_that_panics_is_a_failure_of_the_call_and_frees_its_slot() {
    let (breaker, _clock) = due(&fragile().half_open_failures(1));
    let classify = |_: &Option<()>| resilient_testkit::panic_quietly();
    let call = breaker.call_with(classify, async || Some(()));
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(call)));
    assert!(unwound.is_err());
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.in_state.failure, snapshot.probes_in_flight), (1, 0));
}
