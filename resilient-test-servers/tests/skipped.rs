//! A test without its server says so, although the harness hides the output of tests that pass.

use std::process::Command;

use resilient_test_servers::installed;

#[test]
fn a_missing_program_is_reported_once_in_one_line() {
    let mut harness = Command::new(std::env::current_exe().unwrap());
    harness.args(["--exact", "--ignored", "needs_a_program_that_is_not_installed"]);
    let output = harness.env_remove("RESILIENT_REQUIRE_SERVERS").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stderr).unwrap();
    assert_eq!(shown.trim(), "skipped: `no-such-program` is not installed");
}

#[test]
#[ignore = "the other test runs it in a process with a harness"]
fn needs_a_program_that_is_not_installed() {
    assert!(installed("no-such-program").is_none());
    assert!(installed("no-such-program").is_none());
}
