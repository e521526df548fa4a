//! A circuit breaker of failsafe, and the same circuit breaker as `#[circuit_breaker]`.

use std::time::Duration;

use crate::support::{Reply, Script};

mod before {
    // excerpt: before
    use std::time::Duration;

    use failsafe::futures::CircuitBreaker;
    use failsafe::{Config, Error, backoff, failure_policy};

    #[derive(Debug, PartialEq)]
    enum StockError {
        Unavailable,
        UnknownArticle,
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    fn breaker() -> impl CircuitBreaker {
        let (first, longest) = (Duration::from_secs(10), Duration::from_secs(60));
        let open_time = backoff::exponential(first, longest);
        let policy = failure_policy::consecutive_failures(3, open_time);
        Config::new().failure_policy(policy).build()
    }

    async fn stock(
        breaker: &impl CircuitBreaker,
        warehouse: &impl Warehouse,
        article: &str,
    ) -> Result<u32, Error<StockError>> {
        let failure = |error: &StockError| *error == StockError::Unavailable;
        breaker.call_with(failure, warehouse.ask(article)).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) fn new_breaker() -> impl CircuitBreaker {
        breaker()
    }

    pub(super) async fn call(
        breaker: &impl CircuitBreaker,
        script: &crate::support::Script,
    ) -> Result<u32, String> {
        match stock(breaker, script, "teapot").await {
            Err(Error::Rejected) => Err("rejected".to_owned()),
            Err(Error::Inner(error)) => Err(format!("{error:?}")),
            Ok(pieces) => Ok(pieces),
        }
    }
}

mod after {
    // excerpt: after
    use resilient::{CircuitOpen, Classify, circuit_breaker};

    #[derive(Debug, Classify)]
    enum StockError {
        #[transient]
        Unavailable,
        #[answered]
        UnknownArticle,
        #[circuit_open]
        CircuitOpen(CircuitOpen),
    }

    trait Warehouse {
        async fn ask(&self, article: &str) -> Result<u32, StockError>;
    }

    #[circuit_breaker(
        name = "warehouse",
        failure_threshold = 3,
        recovery_time = "10s",
        recovery_factor = 2,
        max_recovery_time = "60s"
    )]
    async fn stock(warehouse: &impl Warehouse, article: &str) -> Result<u32, StockError> {
        warehouse.ask(article).await
    }
    // end excerpt

    crate::support::follow_scripts!();

    pub(super) async fn call(script: &crate::support::Script) -> Result<u32, String> {
        match stock(script, "teapot").await {
            Err(StockError::CircuitOpen(_)) => Err("rejected".to_owned()),
            other => other.map_err(|error| format!("{error:?}")),
        }
    }
}

/// Two failures, an answered error that resets the streak, then an outage that ends.
const DAY: [Reply; 10] = [
    Reply::Unavailable,
    Reply::Unavailable,
    Reply::UnknownArticle,
    Reply::Unavailable,
    Reply::Unavailable,
    Reply::Unavailable, // opens for 10 s
    Reply::Unavailable, // a probe, which opens for 20 s
    Reply::Unavailable, // a probe, which opens for 40 s
    Reply::Unavailable, // a probe, which opens for 60 s
    Reply::Stock(7),    // a probe, which closes the circuit
];

/// A call per second for three minutes. Returns the seconds in which the warehouse was asked.
async fn seconds(mut call: impl AsyncFnMut(&Script) -> Result<u32, String>) -> Vec<usize> {
    let (script, mut asked) = (Script::new(&DAY), Vec::new());
    for second in 0..180 {
        let before = script.attempts();
        let returned = call(&script).await;
        if script.attempts() > before {
            asked.push(second);
        } else {
            assert_eq!(returned, Err("rejected".to_owned()));
        }
        if script.attempts() == DAY.len() {
            break;
        }
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn both_open_at_the_third_failure_in_a_row_and_double_the_open_time() {
    let new = seconds(async |script| {
        let returned = after::call(script).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        returned
    })
    .await;
    // The call in the second in which the open time ends is a probe.
    assert_eq!(new, [0, 1, 2, 3, 4, 5, 15, 35, 75, 135]);

    // failsafe reads its own clock, and admits no call at the very end of the open time.
    let old = std::thread::spawn(|| {
        failsafe::clock::freeze(|clock| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let breaker = before::new_breaker();
            runtime.block_on(seconds(async |script| {
                let returned = before::call(&breaker, script).await;
                clock.advance(Duration::from_millis(1001));
                returned
            }))
        })
    });
    assert_eq!(old.join().unwrap(), new);
}

#[tokio::test]
async fn failsafe_admits_every_call_while_half_open_and_this_library_one_probe() {
    use resilient::{BreakerConfig, CircuitBreaker};

    let admitted = failsafe::clock::freeze(|clock| {
        let open_time = failsafe::backoff::constant(Duration::from_secs(10));
        let policy = failsafe::failure_policy::consecutive_failures(1, open_time);
        let breaker = failsafe::Config::new().failure_policy(policy).build();
        breaker.on_error();
        clock.advance(Duration::from_secs(11));
        (0..100).filter(|_| breaker.is_call_permitted()).count()
    });
    assert_eq!(admitted, 100);

    let breaker = CircuitBreaker::new("probes", BreakerConfig::default());
    breaker.trip().unwrap();
    breaker.half_open().unwrap();
    let permits: Vec<_> = (0..100).filter_map(|_| breaker.try_acquire().ok()).collect();
    assert_eq!(permits.len(), 1);
}

#[test]
fn the_defaults_of_failsafe_have_settings_here() {
    #[resilient::circuit_breaker(
        failure_threshold = 5,
        window = "30s",
        failure_rate = "21%",
        min_calls = 5,
        recovery_time = "5s",
        recovery_factor = 2,
        recovery_jitter = 1,
        max_recovery_time = "150s"
    )]
    fn stock() -> Option<u32> {
        Some(7)
    }
    assert_eq!(stock(), Some(7));

    let longest =
        failsafe::backoff::equal_jittered(Duration::from_secs(10), Duration::from_secs(300));
    // Between 5 and 10 seconds at first, between 150 and 300 in the end: the same as above.
    let times: Vec<u64> = longest.take(20).map(|time| time.as_secs()).collect();
    assert!((5..=10).contains(&times[0]) && (150..=300).contains(&times[19]), "{times:?}");
}

/// The outcomes of five calls, of which a fifth fail.
const A_FIFTH: [bool; 5] = [true, true, true, true, false];

#[test]
fn a_fifth_of_failures_does_not_open_the_rate_of_failsafe() {
    let policy = || {
        let open_time = failsafe::backoff::constant(Duration::from_secs(10));
        let window = Duration::from_secs(30);
        failsafe::failure_policy::success_rate_over_time_window(0.8, 5, window, open_time)
    };
    failsafe::clock::freeze(|clock| {
        let breaker = failsafe::Config::new().failure_policy(policy()).build();
        clock.advance(Duration::from_secs(31));
        for success in A_FIFTH {
            clock.advance(Duration::from_secs(5));
            if success { breaker.on_success() } else { breaker.on_error() }
        }
        assert!(breaker.is_call_permitted());
    });
    // Before the window has passed, not even an outage opens it.
    failsafe::clock::freeze(|clock| {
        let breaker = failsafe::Config::new().failure_policy(policy()).build();
        for _ in 0..29 {
            clock.advance(Duration::from_secs(1));
            breaker.on_error();
        }
        assert!(breaker.is_call_permitted());
    });
}

#[test]
fn a_fifth_of_failures_opens_a_rate_of_20_and_not_of_21_percent() {
    use resilient::breaker::CircuitState;
    use resilient::{BreakerConfig, CircuitBreaker, Outcome};

    for (rate, expected) in [(0.20, CircuitState::Open), (0.21, CircuitState::Closed)] {
        let window = BreakerConfig::builder().window(Duration::from_secs(30));
        let config = window.failure_rate(rate).min_calls(5).build().unwrap();
        let breaker = CircuitBreaker::new("a fifth", config);
        for success in A_FIFTH {
            let outcome = if success { Outcome::Success } else { Outcome::Failure };
            breaker.try_acquire().unwrap().report(outcome);
        }
        assert_eq!(breaker.state(), expected, "{rate}");
    }
}
