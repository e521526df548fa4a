//! Rule R7: a budget is a bucket of tokens.

use std::sync::Barrier;

use resilient::__private::given_budget;
use resilient::RetryBudget;
use resilient::budget::BudgetCounts;

use crate::support::budget::{budget, builder, retry};

#[test]
fn r07_a_budget_starts_at_its_reserve_and_not_full() {
    let budget = budget(builder());
    let seen = budget.snapshot();
    assert_eq!((seen.tokens, seen.capacity), (50, 500));
    assert_eq!((0..100).filter(|_| retry(&budget)).count(), 10);
}

#[test]
fn r07_an_empty_bucket_refuses_and_takes_nothing() {
    let budget = budget(builder().initial_tokens(9));
    assert!(retry(&budget));
    for _ in 0..3 {
        assert!(budget.try_reserve().is_none());
    }
    assert_eq!(budget.tokens(), 4);
    assert_eq!(budget.snapshot().counts.refused, 3);
}

#[test]
fn r07_a_budget_without_a_reserve_begins_with_no_retry() {
    let budget = budget(builder().initial_tokens(0));
    assert!(!retry(&budget));
    (0..5).for_each(|_| budget.succeeded(false));
    assert!(retry(&budget));
}

#[test]
fn r07_tokens_are_taken_before_the_sleep_so_that_sleepers_do_not_share_one() {
    let budget = budget(builder().initial_tokens(10));
    let asleep = [budget.try_reserve(), budget.try_reserve()];
    assert!(asleep.iter().all(Option::is_some));
    assert!(budget.try_reserve().is_none());
}

#[test]
fn r07_a_call_that_is_cancelled_in_its_sleep_returns_its_tokens() {
    let budget = budget(builder().initial_tokens(12));
    let reservation = budget.try_reserve().unwrap();
    assert_eq!((budget.tokens(), reservation.cost()), (7, 5));
    drop(reservation);
    assert_eq!(budget.tokens(), 12);
    assert_eq!(budget.snapshot().counts.returned, 1);
}

#[test]
fn r07_an_attempt_that_has_started_has_spent_its_tokens() {
    let budget = budget(builder().initial_tokens(12));
    budget.try_reserve().unwrap().spend();
    assert_eq!(budget.tokens(), 7);
    let counts = budget.snapshot().counts;
    assert_eq!((counts.spent, counts.returned), (1, 0));
}

#[test]
fn r07_a_success_after_retries_refunds_the_cost_of_the_last_one() {
    let budget = budget(builder().initial_tokens(20));
    assert!(retry(&budget) && retry(&budget));
    budget.succeeded(true);
    assert_eq!(budget.tokens(), 15);
}

#[test]
fn r07_a_success_at_the_first_attempt_adds_the_deposit() {
    for (deposit, tokens) in [(0, 20), (1, 21), (7, 27), (u32::MAX, 500)] {
        let budget = budget(builder().initial_tokens(20).deposit(deposit));
        budget.succeeded(false);
        assert_eq!(budget.tokens(), tokens);
    }
}

#[test]
fn r07_nothing_fills_the_bucket_beyond_its_capacity() {
    let budget = budget(builder().capacity(20).initial_tokens(18));
    budget.succeeded(true);
    assert_eq!(budget.tokens(), 20);
    budget.succeeded(false);
    assert_eq!(budget.tokens(), 20);
    let reservation = budget.try_reserve();
    (0..3).for_each(|_| budget.succeeded(false));
    drop(reservation);
    assert_eq!(budget.tokens(), 20);
}

#[test]
fn r07_the_largest_numbers_saturate() {
    let settings = builder().capacity(u32::MAX).retry_cost(u32::MAX);
    let budget = budget(settings.initial_tokens(u32::MAX).deposit(u32::MAX));
    let reservation = budget.try_reserve();
    assert_eq!(budget.tokens(), 0);
    budget.succeeded(false);
    budget.succeeded(true);
    drop(reservation);
    assert_eq!(budget.tokens(), u32::MAX);
}

#[test]
fn r07_every_retry_is_in_the_counts() {
    let budget = budget(builder().capacity(20).initial_tokens(20));
    let _asleep = budget.try_reserve();
    drop(budget.try_reserve());
    assert!(retry(&budget) && retry(&budget) && retry(&budget));
    assert!(!retry(&budget));
    budget.succeeded(true);
    (0..20).for_each(|_| budget.succeeded(false));
    let mut expected = BudgetCounts::default();
    expected.granted = 5;
    expected.refused = 1;
    expected.spent = 3;
    expected.returned = 1;
    expected.refunded = 1;
    // A deposit into a full bucket writes no memory, so it is not counted.
    expected.deposited = 15;
    let seen = budget.snapshot();
    assert_eq!((seen.counts, seen.tokens), (expected, 20));
}

#[test]
fn r07_clones_are_one_budget_and_a_reservation_keeps_it_alive() {
    let budget = budget(builder().initial_tokens(5));
    let same = budget.clone();
    let reservation = same.try_reserve();
    assert_eq!(budget.tokens(), 0);
    drop(same);
    drop(budget);
    drop(reservation);
}

/// The fields that the driver of a retry loop stores.
struct Driver<'a> {
    budget: Option<&'a RetryBudget>,
    reservation: Option<resilient::budget::Reservation>,
}

#[test]
fn r07_a_reservation_is_stored_beside_its_budget_and_sent_to_threads() {
    fn assert_send_and_sync<T: Send + Sync + 'static>() {}
    assert_send_and_sync::<resilient::budget::Reservation>();
    assert_send_and_sync::<RetryBudget>();
    let budget = budget(builder().initial_tokens(5));
    let mut driver = Driver { budget: Some(&budget), reservation: None };
    driver.reservation = driver.budget.and_then(RetryBudget::try_reserve);
    std::thread::scope(|scope| {
        scope.spawn(|| drop(driver.reservation.take()));
    });
    assert_eq!(driver.budget.map(RetryBudget::tokens), Some(5));
}

#[test]
fn r07_a_panic_between_reserving_and_spending_returns_the_tokens() {
    let budget = budget(builder().initial_tokens(5));
    let reservation = budget.try_reserve();
    let sleep = std::panic::AssertUnwindSafe(|| {
        let _reservation = reservation;
        std::panic::resume_unwind(Box::new("a panic during the sleep"));
    });
    std::panic::catch_unwind(sleep).unwrap_err();
    assert_eq!(budget.tokens(), 5);
}

#[test]
fn r07_of_many_threads_exactly_as_many_retry_as_the_bucket_pays_for() {
    const THREADS: usize = 64;
    for _ in 0..20 {
        let budget = budget(builder().initial_tokens(5 * 10 + 4));
        let start = Barrier::new(THREADS);
        let retries: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        retry(&budget)
                    })
                })
                .collect();
            let retried = threads.into_iter().map(|thread| thread.join().unwrap());
            retried.filter(|retried| *retried).count()
        });
        assert_eq!((retries, budget.tokens()), (10, 4));
    }
}

#[test]
fn r07_threads_that_spend_and_deposit_tokens_lose_no_token() {
    const EACH: u32 = 2_000;
    let budget = budget(builder().capacity(1_000_000).initial_tokens(500_000).retry_cost(3));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for nth in 0..EACH {
                    match nth % 4 {
                        0 => drop(budget.try_reserve()),
                        1 => assert!(retry(&budget)),
                        2 => budget.succeeded(true),
                        _ => budget.succeeded(false),
                    }
                }
            });
        }
    });
    let each = u64::from(EACH) / 4 * 8;
    let seen = budget.snapshot();
    // Four operations take turns: a reservation that is cancelled, a retry, a success after a
    // retry, and a success at the first attempt. The retry costs three tokens, the success after it
    // returns them, and the last success adds one token.
    assert_eq!(u64::from(seen.tokens), 500_000 + each);
    let counts = seen.counts;
    assert_eq!((counts.granted, counts.refused), (2 * each, 0));
    assert_eq!((counts.spent, counts.returned), (each, each));
    assert_eq!((counts.refunded, counts.deposited), (each, each));
}

#[test]
fn r07_a_budget_is_passed_as_a_reference_or_an_option() {
    let budget = crate::support::budget::budget(builder().initial_tokens(5));
    let mut given = Vec::new();
    given.extend(given_budget(&budget));
    given.extend(given_budget(&&budget));
    given.extend(given_budget(&Some(budget.clone())));
    given.extend(given_budget(&Some(&budget)));
    assert_eq!(given.len(), 4);
    assert!(retry(&budget));
    assert!(given.iter().all(|same| same.tokens() == 0));
    assert!(given_budget(&None::<RetryBudget>).is_none());
}
