//! Runs a test with many random cases, and reports a case that fails.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

/// Runs the test with this many random cases, or with `PROPTEST_CASES` cases if that variable is
/// set.
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
        // Proptest seeds a random generator for each alternative of a strategy. `XorShift` is cheap
        // to seed.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    };
    if let Err(counterexample) = TestRunner::new(config).run(&cases_of, test) {
        panic!("{counterexample}");
    }
}

/// Returns whether the test fails for at least one case. Every run tries the same cases.
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
