//! Rule B19: runs random schedules on several threads, and compares the breaker with an exact
//! count.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use resilient::Outcome;
use resilient::breaker::Permit;

use crate::support::slow_calls::settings;
use resilient_testkit::closed;

/// A call in flight. `begun` is its start in nanoseconds.
struct InFlight<'breaker> {
    begun: u64,
    permit: Permit<'breaker>,
}

/// A closure that a thread executes.
type Work<'scope> = Box<dyn FnOnce() + Send + 'scope>;

fn run_on<'scope, R: Send + 'scope>(
    thread: &Sender<Work<'scope>>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> R {
    let (done, result) = channel();
    thread.send(Box::new(move || drop(done.send(work())))).unwrap();
    result.recv().unwrap()
}

#[test]
fn b19_no_schedule_shows_an_overdue_call_early_or_more_than_an_eighth_late() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let slow_call = [100, 200_000, 1_000_000, 5_000_000, 2_000_000_000][random.usize(..5)];
        let config = settings().slow_call(Duration::from_nanos(slow_call));
        // The circuit never opens, because the window never has `min_calls` calls.
        let config = config.window(1_000_000).min_calls(1_000_000).slow_call_rate(1.0);
        let (breaker, clock) = closed(&config);
        let breaker = &breaker;
        // There can be more threads than stripes of counters.
        let threads = random.usize(1..=12);
        std::thread::scope(|scope| {
            let threads: Vec<Sender<Work<'_>>> = (0..threads)
                .map(|_| {
                    let (sender, work) = channel::<Work<'_>>();
                    scope.spawn(move || work.iter().for_each(|work| work()));
                    sender
                })
                .collect();
            let mut now = 0_u64;
            let mut in_flight: Vec<InFlight<'_>> = Vec::new();
            for step in 0..400 {
                let thread = &threads[random.usize(..threads.len())];
                match random.u32(..10) {
                    0..3 => {
                        let permit = run_on(thread, || breaker.try_acquire().unwrap());
                        in_flight.push(InFlight { begun: now, permit });
                    }
                    3..6 if !in_flight.is_empty() => {
                        let call = in_flight.swap_remove(random.usize(..in_flight.len()));
                        let end = random.u32(..4);
                        run_on(thread, move || match end {
                            0 => call.permit.report(Outcome::Success),
                            1 => call.permit.report(Outcome::Failure),
                            2 => call.permit.report(Outcome::Ignored),
                            _ => drop(call.permit),
                        });
                    }
                    6 => run_on(thread, || {
                        breaker.try_acquire().unwrap().report(Outcome::Success);
                    }),
                    7 if random.u32(..40) == 0 => {
                        breaker.close();
                        // `close` began a new generation. Calls of the old generation are not
                        // overdue.
                        in_flight.clear();
                    }
                    _ => {
                        let by = match random.u32(..4) {
                            0 => random.u64(..3),
                            1 => random.u64(..=slow_call / 8),
                            2 => random.u64(..=2 * slow_call),
                            _ => random.u64(..=40 * slow_call) / 8,
                        };
                        now += by;
                        clock.advance(Duration::from_nanos(by));
                    }
                }
                let older_than = |age: u64| {
                    in_flight.iter().filter(|call| now - call.begun >= age).count() as u64
                };
                let tolerance = (slow_call / 8).max(1 << 14);
                let (most, least) = (older_than(slow_call), older_than(slow_call + tolerance));
                let seen = breaker.snapshot();
                let context = format!("seed {seed}, step {step}, slow_call {slow_call}");
                assert!(seen.overdue <= most, "early: {} > {most}: {context}", seen.overdue);
                assert!(seen.overdue >= least, "late: {} < {least}: {context}", seen.overdue);
                assert_eq!(seen.in_flight, in_flight.len() as u64, "{context}");
            }
            drop(threads);
        });
    }
}
