//! Rule B20: which failures are remembered, with which time, duration and text.

use std::time::Duration;

use resilient::breaker::{AbandonedOutcome, CircuitState, KeyedBreakers, ManualChange};
use resilient::outcome::ErrorText;
use resilient::retries::RetryPolicy;
use resilient::{BreakerConfig, CircuitBreaker, CircuitOpen, Classification, Outcome};

use super::{fail_with, texts};
use crate::support::slow_calls::settings as slow_settings;
use resilient_testkit::{
    abandon, calls, closed, due, fail, fragile, panic_in_call, run, secs, take, while_unwinding,
};

fn tolerant() -> resilient::breaker::BreakerConfigBuilder {
    BreakerConfig::builder().failure_threshold(99)
}

#[test]
fn b20_the_last_four_failures_are_remembered_with_their_times() {
    let (breaker, clock) = closed(&tolerant());
    let start = breaker.snapshot().at;
    assert_eq!(breaker.snapshot().last_failures, []);
    for nth in 1..=6 {
        clock.advance(secs(1));
        fail_with(&breaker, &format!("failure {nth}"));
        // Only failures are remembered.
        calls(&breaker, "SIX");
        breaker
            .try_acquire()
            .unwrap()
            .report_class(Some(Classification::answered().with_text("no such row")));
    }
    assert_eq!(texts(&breaker), ["failure 3", "failure 4", "failure 5", "failure 6"]);
    let failures = breaker.snapshot().last_failures;
    let times: Vec<_> = failures.iter().map(|it| it.at() - start).collect();
    assert_eq!(times, [secs(3), secs(4), secs(5), secs(6)]);
    assert!(failures.iter().all(|it| it.took().is_none()), "nothing measures the calls");
}

#[test]
fn b20_a_breaker_without_a_given_clock_remembers_when_it_failed() {
    let breaker = CircuitBreaker::new("dependency", tolerant().build().unwrap());
    let before = std::time::Instant::now();
    fail(&breaker);
    let at = breaker.snapshot().last_failures[0].at();
    assert!(before <= at && at <= std::time::Instant::now());
}

#[test]
fn b20_the_duration_is_known_where_calls_are_measured() {
    let (breaker, clock) = closed(&slow_settings());
    take(&breaker, &clock, Duration::from_millis(1_500), Outcome::Failure);
    let took = |breaker: &CircuitBreaker| breaker.snapshot().last_failures.last().unwrap().took();
    assert_eq!(took(&breaker), Some(Duration::from_millis(1_500)));
    let (breaker, clock) = due(&fragile());
    take(&breaker, &clock, secs(3), Outcome::Failure);
    assert_eq!(took(&breaker), Some(secs(3)), "a probe is measured");
}

#[test]
fn b20_a_panic_and_a_cancelled_call_have_texts_where_they_count_as_failures() {
    let (breaker, _clock) = closed(&tolerant());
    panic_in_call(&breaker);
    while_unwinding(breaker.try_acquire().unwrap());
    abandon(&breaker);
    assert_eq!(texts(&breaker), ["panicked", "panicked"]);
    let (breaker, _clock) = closed(&tolerant().abandoned(AbandonedOutcome::Failure));
    abandon(&breaker);
    assert_eq!(texts(&breaker), ["abandoned"]);
}

#[test]
fn b20_an_overdue_probe_is_remembered_and_its_late_report_is_not() {
    let (breaker, clock) = due(&slow_settings());
    let probe = breaker.try_acquire().unwrap();
    clock.advance(secs(60));
    drop(breaker.try_acquire());
    assert_eq!(breaker.state(), CircuitState::Open);
    probe.report(Outcome::Failure);
    assert_eq!(texts(&breaker), ["no result yet"]);
    assert_eq!(breaker.snapshot().last_failures[0].took(), Some(secs(60)));
}

#[test]
fn b20_failures_of_probes_and_of_observed_calls_are_remembered_across_states() {
    let (breaker, clock) = closed(&fragile());
    fail_with(&breaker, "closed");
    clock.advance(secs(10));
    fail_with(&breaker, "half-open");
    breaker.observe_only();
    fail_with(&breaker, "observed");
    breaker.disable();
    fail_with(&breaker, "disabled");
    breaker.close();
    assert_eq!(texts(&breaker), ["closed", "half-open", "observed"]);
}

#[test]
fn b20_a_late_failure_is_not_remembered() {
    let (breaker, _clock) = closed(&tolerant());
    let permit = breaker.try_acquire().unwrap();
    breaker.close();
    permit.report_class(Some(Classification::transient().with_text("late")));
    assert_eq!(texts(&breaker), [""; 0]);
}

#[test]
fn b20_each_key_remembers_its_own_failures() {
    let shards = KeyedBreakers::<u32>::new("shards", tolerant().build().unwrap());
    fail_with(&shards.get(&1), "of one");
    fail_with(&shards.get(&2), "of two");
    assert_eq!(texts(&shards.get(&1)), ["of one"]);
    assert_eq!(texts(&shards.get(&2)), ["of two"]);
}

#[derive(Debug, PartialEq)]
enum Fault {
    Code(u32),
    Open,
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

#[test]
fn b20_a_call_under_a_policy_describes_its_errors() {
    let (breaker, _clock) = closed(&tolerant());
    let policy = RetryPolicy::builder().max_retries(1).base_delay(Duration::ZERO).build().unwrap();
    let mut described = 0;
    let output: Result<u32, Fault> = run(policy
        .call()
        .through(&breaker)
        .describe(|fault| {
            described += 1;
            match fault {
                Fault::Code(code) => ErrorText::of(&format_args!("code {code}")),
                Fault::Open => ErrorText::of("open"),
            }
        })
        .run(|attempt| async move { Err(Fault::Code(attempt.number())) }));
    assert_eq!(output, Err(Fault::Code(2)));
    assert_eq!(texts(&breaker), ["code 1", "code 2"]);
    assert_eq!(described, 2);
    // A text of the classifier comes first, and a success is not described.
    let given = |_: &Result<u32, Fault>| Some(Classification::permanent().with_text("given"));
    let describe = |_: &Fault| unreachable!();
    let call = policy.call().through(&breaker).classify_with(given).describe(describe);
    let _: Result<u32, Fault> = run(call.run(async |_| Err(Fault::Open)));
    let call = policy.call().through(&breaker).describe(describe);
    let _: Result<u32, Fault> = run(call.run(async |_| Ok(1)));
    assert_eq!(texts(&breaker), ["code 1", "code 2", "given"]);
}

#[test]
fn b20_a_note_of_an_operator_is_in_the_snapshot_with_the_end_of_the_state() {
    let (breaker, _clock) = closed(&fragile());
    let change = ManualChange::force_open_for(secs(60)).by("alice").because("migration");
    breaker.apply(&change).unwrap();
    let snapshot = breaker.snapshot();
    let (note, ends_in) = (snapshot.note.to_string(), snapshot.ends_in);
    assert_eq!((note.as_str(), ends_in), ("by alice: migration", Some(secs(60))));
    let text = snapshot.to_string();
    assert!(text.contains("forced_open"), "{text}");
    assert!(text.contains("by alice: migration"), "{text}");
    assert!(text.contains("ends in 60s"), "{text}");
}

#[test]
fn b20_times_in_the_text_of_a_snapshot_are_rounded_to_milliseconds() {
    let (breaker, clock) = closed(&fragile());
    fail(&breaker);
    let now = breaker.snapshot().to_string();
    assert!(now.starts_with(&format!("{}: open since 0ms ago, ends in 10s\n", breaker.name())));
    clock.advance(std::time::Duration::from_nanos(1_200_345_678));
    let text = breaker.snapshot().to_string();
    assert!(text.contains(": open since 1.2s ago, ends in 8.8s\n"), "{text}");
    assert!(text.contains("\n  failure 1.2s ago: "), "{text}");
}
