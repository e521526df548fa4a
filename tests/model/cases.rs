//! How many random cases a test tries, and how it reports one that fails.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// Tries this many random cases, or as many as `PROPTEST_CASES` sets.
#[track_caller]
pub(crate) fn for_all<S: Strategy>(
    cases: u32,
    cases_of: S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    let config = Config {
        cases: wanted.and_then(|cases| cases.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        // Each alternative of a strategy seeds a generator, and this generator is cheap to seed.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    };
    if let Err(counterexample) = TestRunner::new(config).run(&cases_of, test) {
        panic!("{counterexample}");
    }
}

/// Returns whether a case fails. The cases are the same in every run.
pub(crate) fn one_fails<S: Strategy>(
    cases: u32,
    cases_of: S,
    test: impl Fn(S::Value) -> TestCaseResult,
) -> bool {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    runner.run(&cases_of, test).is_err()
}
