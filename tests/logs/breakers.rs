//! The lines of breakers.

use std::time::Duration;

use resilient::breaker::ManualChange;
use resilient::{BreakerConfig, CircuitBreaker, Classification, Outcome, Registry};

use crate::capture::logged;

/// Returns a breaker that opens at the second failure in a row, for no time.
pub(crate) fn breaker() -> CircuitBreaker {
    let config =
        BreakerConfig::builder().failure_threshold(2).recovery_time(Duration::ZERO).build();
    CircuitBreaker::new("logged", config.unwrap())
}

#[test]
fn b14_each_transition_is_one_line_and_only_an_opening_is_a_warning() {
    let lines = logged(|| {
        let breaker = breaker();
        for nth in 1..=3 {
            let refused = Classification::transient().with_text(format!("refused\n{nth}"));
            breaker.try_acquire().unwrap().report_class(Some(refused));
        }
        breaker.try_acquire().unwrap().report(Outcome::Success);
    });
    let expected = [
        "WARN circuit breaker opened breaker=\"logged\" from=\"closed\" to=\"open\" \
         reason=\"failure threshold reached\" condition=\"2 consecutive failures\" \
         error=\"refused 2\" lasts=0.0",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"open\" to=\"half_open\" \
         reason=\"recovery time over\"",
        "WARN circuit breaker opened breaker=\"logged\" from=\"half_open\" to=\"open\" \
         reason=\"probe failed\" condition=\"1 failed probe\" error=\"refused 3\" lasts=0.0",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"open\" to=\"half_open\" \
         reason=\"recovery time over\"",
        "INFO circuit breaker changed state breaker=\"logged\" from=\"half_open\" to=\"closed\" \
         reason=\"enough probes succeeded\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn b01_a_change_by_hand_is_logged_with_its_length_its_operator_and_its_reason() {
    let lines = logged(|| {
        let minute = Duration::from_secs(60);
        let change = ManualChange::force_open_for(minute).by("alice").because("migration");
        breaker().apply(&change).unwrap();
    });
    let expected =
        ["WARN circuit breaker opened breaker=\"logged\" from=\"closed\" to=\"forced_open\" \
         reason=\"by hand\" lasts=60.0 operator=\"alice\" operator_reason=\"migration\""];
    assert_eq!(lines, expected);
}

#[test]
fn defect_cb19_rejections_are_counted_and_logged_at_debug_only() {
    let lines = logged(|| {
        let breaker = breaker();
        breaker.force_open();
        for _ in 0..3 {
            breaker.try_acquire().unwrap_err();
        }
    });
    assert_eq!(lines.iter().filter(|line| line.starts_with("WARN")).count(), 1, "{lines:?}");
    let rejected = "DEBUG call rejected breaker=\"logged\" state=\"forced_open\"";
    assert_eq!(lines[1..], [rejected; 3]);
}

#[test]
fn b20_an_opening_says_its_condition_with_numbers_and_the_last_error() {
    let lines = logged(|| {
        let config = BreakerConfig::builder()
            .window(4)
            .failure_rate(0.5)
            .min_calls(4)
            .recovery_time(Duration::from_secs(30));
        let breaker = CircuitBreaker::new("rows", config.build().unwrap());
        let failed = |text: &str| Some(Classification::transient().with_text(text));
        for class in [None, failed("first"), None, failed("disk full")] {
            breaker.try_acquire().unwrap().report_class(class);
        }
    });
    let line = "WARN circuit breaker opened breaker=\"rows\" from=\"closed\" to=\"open\" \
                reason=\"failure rate reached\" condition=\"2 of 4 calls failed, limit 50%\" \
                error=\"disk full\" lasts=30.0";
    assert_eq!(lines, [line]);
}

#[cfg(feature = "toml")]
#[test]
fn g02_a_mode_of_a_file_is_logged_with_its_table_its_operator_and_its_reason() {
    let registry = Registry::new();
    let _breaker = registry.get_or_register("logged", BreakerConfig::default());
    let lines = logged(|| {
        registry
            .apply_toml(
                "[breakers.\"log*\"]\nmode = 'forced_open'\nmode_for = '1m'\noperator = 'alice'\n\
                 reason = 'migration'",
            )
            .unwrap();
        registry.apply_toml("").unwrap();
    });
    let forced = "WARN circuit breaker opened breaker=\"logged\" from=\"closed\" \
                  to=\"forced_open\" reason=\"by an override\" lasts=60.0 operator=\"alice\" \
                  operator_reason=\"migration\" override_table=[breakers.\"log*\"]";
    let back = "INFO circuit breaker changed state breaker=\"logged\" from=\"forced_open\" \
                to=\"closed\" reason=\"by an override\" override_table=[breakers.\"log*\"]";
    assert_eq!(lines, [forced, back]);
}

#[test]
fn b01_an_observed_breaker_that_would_have_opened_is_one_warning() {
    let lines = logged(|| {
        let breaker = breaker();
        breaker.observe_only();
        for _ in 0..4 {
            breaker.try_acquire().unwrap().report(Outcome::Failure);
        }
    });
    let expected = "WARN observed circuit breaker would have opened breaker=\"logged\" \
                    reason=\"failure threshold reached\" condition=\"2 consecutive failures\"";
    assert_eq!(lines[1..], [expected]);
}

#[test]
fn b20_the_text_of_an_error_is_logged_only_if_the_breaker_remembers_errors() {
    let lines_of = |remembers: bool| {
        logged(|| {
            let config = BreakerConfig::builder().failure_threshold(1).remember_errors(remembers);
            let breaker = CircuitBreaker::new("logged", config.build().unwrap());
            breaker.observe_only();
            for _ in 0..2 {
                let class = Classification::transient().with_text("password hunter2");
                breaker.try_acquire().unwrap().report_class(Some(class));
                breaker.close();
            }
        })
    };
    let secrets = |lines: &[String]| lines.iter().filter(|line| line.contains("hunter2")).count();
    assert_eq!(secrets(&lines_of(true)), 2, "what would have opened, and the opening");
    let lines = lines_of(false);
    assert_eq!(secrets(&lines), 0, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("1 consecutive failure")), "{lines:?}");
}
