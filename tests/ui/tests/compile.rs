//! Programs that must not compile, one in each file of `fail`, and the compiler's messages.
//!
//! The `.stderr` file beside each program contains the exact messages of one compiler version,
//! because another version may word them differently.
//! `TRYBUILD=overwrite cargo test -p resilient-ui-tests` rewrites these files. Review the
//! difference as a user would read it. Programs that must compile are in `tests/programs`.

use std::fs;
use std::io::{Write, stderr};
use std::path::PathBuf;

#[test]
fn programs_that_must_not_compile_are_refused_with_the_expected_words() {
    let files = fs::read_dir("tests/fail").expect("the programs are here");
    let paths = files.map(|file| file.unwrap().path());
    let is_program = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let programs = paths.filter(is_program).count();
    // The harness would show the output of `eprintln!` only if the test fails.
    writeln!(
        stderr(),
        "\nCompiling {programs} programs that the attributes must reject: about a minute.\n\
         A line that ends in `ok` is a program whose error messages are as expected."
    )
    .unwrap();
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
