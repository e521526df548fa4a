//! Measures bytes per breaker: creates and uses many breakers, and divides the growth of the
//! process's resident memory by their number. The result includes heap memory and the allocator's
//! overhead.

use std::process::Command;
use std::time::Duration;

use resilient::breaker::KeyedBreakers;
use resilient::{BreakerConfig, CircuitBreaker, Outcome};

#[cfg(feature = "peers")]
use crate::call::{Fault, work};

/// How many breakers a measurement creates. The result is the average of their sizes.
const MANY: usize = 4_000;

/// Returns the resident memory of the process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|kilobytes| kilobytes.parse::<usize>().ok())
        .unwrap_or(0)
        * 1_024
}

fn ours(config: &BreakerConfig) -> CircuitBreaker {
    let breaker = CircuitBreaker::new("inventory", config.clone());
    use_it(&breaker, 150);
    // Fills the history of transitions, so that the result includes it.
    for _ in 0..20 {
        let _ = breaker.trip();
        breaker.close();
    }
    use_it(&breaker, 150);
    breaker
}

fn use_it(breaker: &CircuitBreaker, calls: usize) {
    for call in 0..calls {
        if let Ok(permit) = breaker.try_acquire() {
            permit.report(if call % 50 == 49 { Outcome::Failure } else { Outcome::Success });
        }
    }
}

fn windowed(
    builder: &mut dyn FnMut() -> resilient::breaker::BreakerConfigBuilder,
) -> BreakerConfig {
    builder().failure_rate(0.9).build().expect("these settings are within their ranges")
}

/// The names of all kinds of breaker that `weigh` can measure.
pub const WEIGHED: &[&str] = &[
    "resilient, consecutive",
    "resilient, last 100 calls",
    "resilient, 60 s in 10 buckets",
    "resilient, a key",
    #[cfg(feature = "peers")]
    "nobreak",
    #[cfg(feature = "peers")]
    "failsafe",
    #[cfg(feature = "peers")]
    "ferryman",
    #[cfg(feature = "peers")]
    "recloser",
    #[cfg(feature = "peers")]
    "circuitbreaker-rs",
    #[cfg(feature = "peers")]
    "execution-policy",
    #[cfg(feature = "peers")]
    "seatbelt",
    #[cfg(feature = "peers")]
    "tower-resilience",
];

/// Returns the bytes per breaker of this kind, or `None` if the name is unknown. A process can
/// measure only once, because later measurements would reuse freed memory.
pub fn weigh(what: &str) -> Option<usize> {
    fn each<T>(mut make: impl FnMut(usize) -> T) -> usize {
        let mut all: Vec<Option<T>> = Vec::with_capacity(MANY);
        all.resize_with(MANY, || None);
        all[0] = Some(make(0));
        let before = resident();
        for (place, breaker) in all.iter_mut().enumerate().skip(1) {
            *breaker = Some(make(place));
        }
        let after = resident();
        std::hint::black_box(&all);
        after.saturating_sub(before) / (MANY - 1)
    }
    let weighs = match what {
        "resilient, consecutive" => {
            let config = BreakerConfig::default();
            each(|_| ours(&config))
        }
        "resilient, last 100 calls" => {
            let config = windowed(&mut || BreakerConfig::builder().window(100));
            each(|_| ours(&config))
        }
        "resilient, 60 s in 10 buckets" => {
            let config = windowed(&mut || BreakerConfig::builder().window(Duration::from_secs(60)));
            each(|_| ours(&config))
        }
        "resilient, a key" => {
            let breakers = KeyedBreakers::<u64>::new("inventory", BreakerConfig::default());
            each(|key| use_it(&breakers.get(&(key as u64)), 300))
        }
        #[cfg(feature = "peers")]
        _ => return weigh_peer(what, |make| each(|_| make())),
        #[cfg(not(feature = "peers"))]
        _ => return None,
    };
    Some(weighs)
}

#[cfg(feature = "peers")]
fn weigh_peer(
    what: &str,
    each: impl Fn(&dyn Fn() -> Box<dyn std::any::Any>) -> usize,
) -> Option<usize> {
    use crate::call::ready;
    use crate::cases::peers::stacks::{Tower, seatbelt_breaker, tower_breaker};
    async fn ok(x: u64) -> Result<u64, Fault> {
        work(x)
    }
    let weighs = match what {
        "nobreak" => each(&|| {
            let breaker = nobreak::breaker();
            (0..300).for_each(|x| drop(breaker.call(|| work(x))));
            Box::new(breaker)
        }),
        "failsafe" => each(&|| {
            use failsafe::CircuitBreaker as _;
            let breaker = failsafe::Config::new().build();
            (0..300).for_each(|x| drop(breaker.call(|| work(x))));
            Box::new(breaker)
        }),
        "ferryman" => each(&|| {
            let breaker = ferryman_core::Breaker::new(ferryman_core::BreakerConfig::default());
            Box::new(breaker.expect("its defaults are within their ranges"))
        }),
        "recloser" => each(&|| {
            let breaker = recloser::Recloser::default();
            (0..300).for_each(|x| drop(breaker.call(|| work(x))));
            Box::new(breaker)
        }),
        "circuitbreaker-rs" => each(&|| {
            let breaker = circuitbreaker_rs::CircuitBreaker::<
                circuitbreaker_rs::DefaultPolicy,
                Fault,
            >::builder()
            .build();
            (0..300).for_each(|x| drop(breaker.call(|| work(x))));
            Box::new(breaker)
        }),
        "execution-policy" => each(&|| {
            let policy = execution_policy::ExecutionPolicyBuilder::<u64, Fault>::new()
                .circuit_breaker(execution_policy::CircuitBreaker::consecutive_failures(5))
                .build();
            (0..300).for_each(|x| drop(ready(policy.run(async || work(x)))));
            Box::new(policy)
        }),
        "seatbelt" => each(&|| {
            use layered::Service as _;
            let service = seatbelt_breaker(ok, 100);
            for x in 0..300 {
                let _ = ready(service.execute(x));
            }
            Box::new(service)
        }),
        "tower-resilience" => each(&|| {
            use tower::Service as _;
            let mut service = tower_breaker(ok, Tower::Calls);
            (0..300).for_each(|x| drop(ready(service.call(x))));
            Box::new(service)
        }),
        _ => return None,
    };
    Some(weighs)
}

/// Returns by how many bytes the process's memory grows while one breaker has a million calls, two
/// thousand transitions and many threads.
pub fn growth() -> usize {
    let config = windowed(&mut || BreakerConfig::builder().window(Duration::from_secs(60)));
    let breaker = ours(&config);
    let rounds = |rounds: usize| {
        for _ in 0..rounds {
            std::thread::scope(|scope| {
                for _ in 0..16 {
                    scope.spawn(|| use_it(&breaker, 1_000));
                }
            });
            for _ in 0..32 {
                let _ = breaker.trip();
                breaker.close();
            }
        }
    };
    rounds(40);
    let before = resident();
    rounds(63);
    resident().saturating_sub(before)
}

/// Calls `weigh` in a new process. Returns `None` if the process prints no number.
pub fn weigh_apart(what: &str) -> Option<usize> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).args(["weigh", what]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// The name for which [`weigh_apart`] measures [`growth`].
pub const GROWTH: &str = "growth";

pub fn print() {
    println!("\nbreakers: resident bytes each, of {MANY} in use");
    for what in WEIGHED {
        let weighs = weigh_apart(what).map_or("-".to_owned(), |bytes| bytes.to_string());
        println!("  {what:<32} {weighs:>8}");
    }
    let grown = weigh_apart(GROWTH).map_or("-".to_owned(), |bytes| bytes.to_string());
    let load = "10^6 calls, 2 000 transitions and 1 000 threads";
    println!("  growth of one of ours after {load}: {grown}");
}
