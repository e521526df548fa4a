//! Each case is a file of its own, named by the sentence that it shows.
//!
//! Those in `fail` must not compile, with exactly the words of the `.stderr` beside them: those of the compiler that wrote
//! them, so another version may differ. `TRYBUILD=overwrite cargo test -p resilient-ui-tests` writes them anew; read what it
//! wrote as a user would. Those in `pass` must compile, and run to their end.

#[test]
fn what_must_not_compile_says_why() {
    let t = trybuild::TestCases::new();
    t.compile_fail("tests/fail/*.rs");
}
