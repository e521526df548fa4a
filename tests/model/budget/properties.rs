//! Compares the budget with a simple model, over random settings and operations, and proves that
//! the comparison finds mistakes.
//!
//! `PROPTEST_CASES` sets the number of cases for each test.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use resilient::Registry;
use resilient::budget::{BudgetConfig, BudgetConfigBuilder, Reservation};

#[derive(Debug, Clone)]
enum Operation {
    Reserve,
    /// Cancels one of the open reservations. The number, modulo the number of open reservations, is
    /// its index.
    Cancel(usize),
    Spend(usize),
    Succeed,
    SucceedAfterRetry,
    Override(Settings),
    TakeOverrideBack,
}

/// Settings of a budget, each within its range.
#[derive(Debug, Clone, Copy)]
struct Settings {
    capacity: u32,
    cost: u32,
    reserve: u32,
    deposit: u32,
}

impl Settings {
    fn builder(self) -> BudgetConfigBuilder {
        BudgetConfig::builder()
            .capacity(self.capacity)
            .retry_cost(self.cost)
            .initial_tokens(self.reserve)
            .deposit(self.deposit)
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let capacity = prop_oneof![4 => 1..60_u32, 1 => Just(u32::MAX), 1 => any::<u32>()];
    (capacity, any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>()).prop_map(
        |(capacity, cost, reserve, deposit, few)| {
            let capacity = capacity.max(1);
            Settings {
                capacity,
                cost: 1 + cost % capacity.min(10),
                // If the capacity is `u32::MAX`, `capacity + 1` overflows. Every reserve is valid
                // then.
                reserve: capacity.checked_add(1).map_or(reserve, |beyond| reserve % beyond),
                deposit: if few { deposit % 4 } else { deposit },
            }
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => Just(Operation::Reserve),
        2 => (0..8_usize).prop_map(Operation::Cancel),
        2 => (0..8_usize).prop_map(Operation::Spend),
        4 => Just(Operation::Succeed),
        2 => Just(Operation::SucceedAfterRetry),
        1 => settings().prop_map(Operation::Override),
        1 => Just(Operation::TakeOverrideBack),
    ]
}

fn sequences() -> impl Strategy<Value = (Settings, Vec<Operation>)> {
    (settings(), proptest::collection::vec(operation(), 1..60))
}

/// A deliberate mistake of the model that the comparison must find.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    StartsFull,
    RefundsEveryRetry,
    ForgetsCancelled,
    DepositsAfterRetries,
    OverflowsTheBucket,
    KeepsWhatNoLongerFits,
    GivesBackTheNewCost,
}

/// A simple budget that follows rule R7. Its integers cannot overflow in these tests.
struct Model {
    settings: Settings,
    tokens: u128,
    wrong: Option<Wrong>,
    counts: [u64; 6],
}

const GRANTED: usize = 0;
const REFUSED: usize = 1;
const SPENT: usize = 2;
const RETURNED: usize = 3;
const REFUNDED: usize = 4;
const DEPOSITED: usize = 5;

impl Model {
    fn new(settings: Settings, wrong: Option<Wrong>) -> Self {
        let start = match wrong {
            Some(Wrong::StartsFull) => settings.capacity,
            _ => settings.reserve,
        };
        Self { settings, tokens: start.into(), wrong, counts: [0; 6] }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    fn put(&mut self, tokens: u32) -> bool {
        let before = self.tokens;
        self.tokens += u128::from(tokens);
        if !self.is(Wrong::OverflowsTheBucket) {
            self.tokens = self.tokens.min(self.settings.capacity.into());
        }
        self.tokens != before
    }

    fn reserve(&mut self) -> Option<u32> {
        let cost = self.settings.cost;
        let Some(rest) = self.tokens.checked_sub(cost.into()) else {
            self.counts[REFUSED] += 1;
            return None;
        };
        self.tokens = rest;
        self.counts[GRANTED] += 1;
        Some(cost)
    }

    fn cancel(&mut self, cost: u32) {
        let back = if self.is(Wrong::GivesBackTheNewCost) { self.settings.cost } else { cost };
        if !self.is(Wrong::ForgetsCancelled) {
            self.put(back);
        }
        self.counts[RETURNED] += 1;
    }

    fn spend(&mut self, cost: u32) {
        if self.is(Wrong::RefundsEveryRetry) {
            self.put(cost);
        }
        self.counts[SPENT] += 1;
    }

    fn succeed(&mut self) {
        if self.put(self.settings.deposit) {
            self.counts[DEPOSITED] += 1;
        }
    }

    fn succeed_after_retry(&mut self) {
        self.put(self.settings.cost);
        if self.is(Wrong::DepositsAfterRetries) {
            self.put(self.settings.deposit);
        }
        self.counts[REFUNDED] += 1;
    }

    fn change(&mut self, settings: Settings) {
        self.settings = settings;
        if !self.is(Wrong::KeepsWhatNoLongerFits) {
            self.tokens = self.tokens.min(settings.capacity.into());
        }
    }
}

fn compare(
    code: Settings,
    operations: &[Operation],
    wrong: Option<Wrong>,
) -> Result<(), TestCaseError> {
    let registry = Registry::new();
    let config = code.builder().build().expect("in range");
    let budget = registry.get_or_register_budget("dependency", config);
    let mut model = Model::new(code, wrong);
    let mut asleep: Vec<(Reservation, u32)> = Vec::new();
    let pick = |asleep: &mut Vec<(Reservation, u32)>, nth: usize| {
        (!asleep.is_empty()).then(|| asleep.swap_remove(nth % asleep.len()))
    };
    for operation in operations {
        match operation {
            Operation::Reserve => {
                let (real, modelled) = (budget.try_reserve(), model.reserve());
                prop_assert_eq!(real.as_ref().map(Reservation::cost), modelled);
                asleep.extend(real.zip(modelled));
            }
            Operation::Cancel(nth) => {
                if let Some((reservation, cost)) = pick(&mut asleep, *nth) {
                    drop(reservation);
                    model.cancel(cost);
                }
            }
            Operation::Spend(nth) => {
                if let Some((reservation, cost)) = pick(&mut asleep, *nth) {
                    reservation.spend();
                    model.spend(cost);
                }
            }
            Operation::Succeed => {
                budget.succeeded(false);
                model.succeed();
            }
            Operation::SucceedAfterRetry => {
                budget.succeeded(true);
                model.succeed_after_retry();
            }
            Operation::Override(settings) => {
                let applied = registry.override_budget("dependency", settings.builder());
                applied.expect("in range");
                model.change(*settings);
            }
            Operation::TakeOverrideBack => {
                let applied = registry.clear_budget_override("dependency");
                applied.expect("in range");
                model.change(code);
            }
        }
        let seen = budget.snapshot();
        prop_assert_eq!(u128::from(seen.tokens), model.tokens);
        prop_assert_eq!(seen.tokens, budget.tokens());
        prop_assert_eq!(seen.capacity, model.settings.capacity);
        prop_assert!(seen.tokens <= seen.capacity);
        let counts = seen.counts;
        let real = [
            counts.granted,
            counts.refused,
            counts.spent,
            counts.returned,
            counts.refunded,
            counts.deposited,
        ];
        prop_assert_eq!(real, model.counts);
        let sleepers = counts.granted - counts.spent - counts.returned;
        prop_assert_eq!(sleepers, asleep.len() as u64);
    }
    Ok(())
}

fn configured(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: wanted.and_then(|cases| cases.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn r07_budget_and_model_agree_after_every_step() {
    let mut runner = TestRunner::new(configured(4_000));
    let outcome = runner.run(&sequences(), |(code, operations)| compare(code, &operations, None));
    if let Err(counterexample) = outcome {
        panic!("{counterexample}");
    }
}

#[test]
fn every_wrong_model_of_a_budget_is_detected() {
    for wrong in [
        Wrong::StartsFull,
        Wrong::RefundsEveryRetry,
        Wrong::ForgetsCancelled,
        Wrong::DepositsAfterRetries,
        Wrong::OverflowsTheBucket,
        Wrong::KeepsWhatNoLongerFits,
        Wrong::GivesBackTheNewCost,
    ] {
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let config = ProptestConfig { cases: 2_000, max_shrink_iters: 0, ..configured(0) };
        let mut runner = TestRunner::new_with_rng(config, random);
        let outcome =
            runner.run(&sequences(), |(code, operations)| compare(code, &operations, Some(wrong)));
        assert!(outcome.is_err(), "{wrong:?} looks right");
    }
}

#[test]
fn r07_the_retries_are_at_most_those_that_successes_and_initial_tokens_have_paid_for() {
    let calls = proptest::collection::vec(0..6_u32, 1..400);
    let mut runner = TestRunner::new(configured(2_000));
    let outcome = runner.run(&(settings(), calls), |(settings, calls)| {
        let config = settings.builder().build().expect("in range");
        let budget = resilient::RetryBudget::new("dependency", config);
        let (mut retries, mut at_first, mut after_retry) = (0_u128, 0_u128, 0_u128);
        // Each call fails `failures` times before an attempt would succeed. A call makes at most
        // three retries, so it can end without success.
        for failures in calls {
            let mut failed = 0;
            loop {
                if failed == failures {
                    budget.succeeded(failed > 0);
                    if failed > 0 {
                        after_retry += 1;
                    } else {
                        at_first += 1;
                    }
                    break;
                }
                failed += 1;
                let reservation = if failed <= 3 { budget.try_reserve() } else { None };
                match reservation {
                    Some(reservation) => reservation.spend(),
                    None => break,
                }
                retries += 1;
            }
        }
        let cost = u128::from(settings.cost);
        let income = u128::from(settings.reserve) + at_first * u128::from(settings.deposit);
        prop_assert!((retries - after_retry) * cost <= income);
        Ok(())
    });
    if let Err(counterexample) = outcome {
        panic!("{counterexample}");
    }
}
