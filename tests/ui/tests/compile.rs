//! Programs that must not compile, and what the compiler says: one program each in `fail`.
//!
//! The `.stderr` beside each program has the exact words. They are those of one version of the
//! compiler; another may differ. `TRYBUILD=overwrite cargo test -p resilient-ui-tests` rewrites
//! them: read the difference as a user would. Programs that must compile are in `tests/programs`.

use std::fs;
use std::io::{Write, stderr};
use std::path::PathBuf;

#[test]
fn programs_that_must_not_compile_are_refused_with_the_expected_words() {
    let files = fs::read_dir("tests/fail").expect("the programs are here");
    let paths = files.map(|file| file.unwrap().path());
    let is_program = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let programs = paths.filter(is_program).count();
    // Not `eprintln!`: the harness shows what that prints only if the test fails.
    writeln!(
        stderr(),
        "\nCompiling {programs} programs that the attributes must refuse: about a minute.\n\
         A line that ends in `ok` is a program that was refused with the expected words."
    )
    .unwrap();
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
