//! Checks the figures of rule R7 by simulation. The simulation makes a hundred thousand calls with
//! at most three retries each, and attempts fail at random, with the same seed for all designs. One
//! client makes all calls, or each of many clients makes a hundred calls.
//!
//! ```text
//! cargo test -p resilient-tests --test model simulation -- --nocapture
//! ```

use std::fmt::Write;

use super::designs::{Grpc, NoBudget, Purse, ShareOfCalls, full_at_the_start, ours};

const CALLS: u32 = 100_000;
const MAX_RETRIES: u32 = 3;

/// The results of a simulation.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// The number of attempts per call.
    load: f64,
    /// The share of calls that succeeded at the first attempt or at a retry.
    success: f64,
}

/// Simulates the clients one after the other. Each client has its own budget and makes an equal
/// share of the calls.
fn simulate<P: Purse>(new_client: impl Fn() -> P, clients: u32, failure_rate: f64) -> Course {
    let mut random = fastrand::Rng::with_seed(7);
    let calls = CALLS.max(clients) / clients;
    let (mut attempts, mut successes) = (0_u32, 0_u32);
    for _ in 0..clients {
        let mut purse = new_client();
        for _ in 0..calls {
            purse.begin();
            let mut retries = 0;
            loop {
                attempts += 1;
                if random.f64() >= failure_rate {
                    successes += 1;
                    purse.succeeded(retries > 0);
                    break;
                }
                purse.failed();
                if retries == MAX_RETRIES || !purse.pays() {
                    break;
                }
                retries += 1;
            }
        }
    }
    let calls = f64::from(calls * clients);
    Course { load: f64::from(attempts) / calls, success: f64::from(successes) / calls }
}

/// Returns the results of five designs: no budget, this library, AWS, gRPC and Finagle.
fn all_designs(clients: u32, failure_rate: f64) -> [Course; 5] {
    [
        simulate(|| NoBudget, clients, failure_rate),
        simulate(ours, clients, failure_rate),
        simulate(full_at_the_start, clients, failure_rate),
        simulate(Grpc::new, clients, failure_rate),
        simulate(ShareOfCalls::new, clients, failure_rate),
    ]
}

fn rates() -> impl Iterator<Item = f64> {
    (1..=10).map(|tenths| f64::from(tenths) / 10.0)
}

fn row(clients: u32, failure_rate: f64) -> String {
    let mut row = format!("| {:.0} % |", failure_rate * 100.0);
    for Course { load, success } in all_designs(clients, failure_rate) {
        write!(row, " {:.1} % / {load:.2} |", success * 100.0).unwrap();
    }
    row
}

fn table(clients: u32) -> String {
    let rows: Vec<_> = rates().map(|rate| row(clients, rate)).collect();
    rows.join("\n")
}

#[test]
fn r07_when_everything_fails_the_load_is_at_most_a_fifth_above_the_demand() {
    for clients in [1, 1_000] {
        let all = simulate(ours, clients, 1.0);
        assert!(all.load <= 1.2, "{clients} clients: {all:?}");
        assert!(simulate(|| NoBudget, clients, 1.0).load >= 4.0);
    }
    // If the buckets are full at the start, the load doubles. So this library starts with fewer
    // tokens.
    let of_aws = simulate(full_at_the_start, 1_000, 1.0);
    assert!(of_aws.load >= 1.99, "{of_aws:?}");
}

#[test]
fn row_g42_the_load_when_everything_fails_is_that_of_the_table() {
    let loads = |clients| all_designs(clients, 1.0).map(|course| format!("{:.2}", course.load));
    // The columns are no budget, this library, AWS, gRPC and Finagle.
    assert_eq!(loads(1), ["4.00", "1.00", "1.00", "1.00", "1.20"]);
    assert_eq!(loads(1_000), ["4.00", "1.10", "2.00", "1.03", "1.20"]);
}

#[test]
fn r07_a_client_that_was_healthy_makes_a_hundred_retries_in_an_outage_of_any_length() {
    let budget = ours();
    (0..CALLS).for_each(|_| budget.succeeded(false));
    let retries = (0..CALLS)
        .filter(|_| budget.try_reserve().map(resilient::budget::Reservation::spend).is_some())
        .count();
    assert_eq!(retries, 100);
}

#[test]
fn r07_while_one_attempt_in_ten_fails_the_budget_ends_almost_no_call() {
    for clients in [1, 1_000] {
        let without = simulate(|| NoBudget, clients, 0.1);
        let with = simulate(ours, clients, 0.1);
        assert!(without.success - with.success < 0.002, "{with:?}");
    }
}

#[test]
fn r07_a_failure_rate_that_comes_and_goes_leaves_the_bucket_full_again() {
    let budget = ours();
    while budget.try_reserve().map(resilient::budget::Reservation::spend).is_some() {}
    (0..500).for_each(|_| budget.succeeded(false));
    assert_eq!(budget.tokens(), 500);
}

#[test]
fn fm_f20_ten_thousand_clients_that_see_failures_only_are_a_tenth_more_than_the_demand() {
    // Ten thousand processes each have a budget and make a hundred calls.
    let mut retries = 0;
    for _ in 0..10_000 {
        let budget = ours();
        retries += (0..100)
            .filter(|_| budget.try_reserve().map(resilient::budget::Reservation::spend).is_some())
            .count();
    }
    assert_eq!(retries, 100_000, "for a million calls");
    // Ten thousand concurrent callers in one process share one budget, and ten of them may retry.
    let budget = ours();
    let asleep: Vec<_> = (0..10_000).filter_map(|_| budget.try_reserve()).collect();
    assert_eq!(asleep.len(), 10);
}

#[test]
fn the_figures_in_the_documentation_are_these() {
    let (one, many) = (table(1), table(1_000));
    println!("one client:\n{one}\n\na thousand clients of a hundred calls:\n{many}");
    let page = include_str!("../../../docs/retries-simulation.md");
    assert!(page.contains(&one), "one client");
    assert!(page.contains(&many), "a thousand clients");
    // The documentation of `RetryBudget` quotes these rows.
    let quoted = include_str!("../../../resilient-core/src/retry/budget/budget.md");
    for (clients, rate) in [(1, 0.1), (1, 0.3), (1, 0.5), (1, 0.9), (1, 1.0)] {
        let row = row(clients, rate);
        assert!(quoted.contains(&row), "{row}");
    }
    let last = row(1_000, 1.0).replace("100 %", "100 %, of 1 000 clients");
    assert!(quoted.contains(&last), "{last}");
}
