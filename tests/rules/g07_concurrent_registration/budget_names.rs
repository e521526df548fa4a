//! Rule G7: several threads may register one budget at the same time.

use std::sync::Barrier;

use resilient::{Registry, RetryBudget};

use crate::support::budget::{builder, config, is_conflict, retry};
use resilient_testkit::Heard;

#[test]
fn g07_a_thousand_threads_asking_for_one_new_name_get_one_budget() {
    const THREADS: u32 = 1_000;
    let registry = Registry::new();
    let heard = Heard::default();
    registry.on_event(heard.listener());
    let start = Barrier::new(THREADS as usize);
    let budgets: Vec<RetryBudget> = std::thread::scope(|scope| {
        let (registry, start) = (&registry, &start);
        let threads: Vec<_> = (1..=THREADS)
            .map(|deposit| {
                scope.spawn(move || {
                    let config = config(builder().initial_tokens(500).deposit(deposit));
                    start.wait();
                    registry.get_or_register_budget("payments", config)
                })
            })
            .collect();
        let budgets = threads.into_iter().map(|thread| thread.join().unwrap());
        budgets.collect()
    });
    assert_eq!(registry.budgets().len(), 1);
    assert!(retry(&budgets[0]));
    assert!(budgets.iter().all(|each| each.tokens() == 495));
    assert_eq!(heard.count(is_conflict), 1);
}
