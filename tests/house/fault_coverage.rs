//! Every test that `docs/faults.md` names exists, and the page names every test of a fault.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{root, rust_files};

#[test]
fn the_fault_page_and_the_tests_of_faults_agree() {
    let page = fs::read_to_string(root().join("docs/faults.md")).expect("docs/faults.md");
    let files = rust_files(&root()).into_iter();
    // Leaves out the folder `house`, because this file contains the names of tests that do not
    // exist.
    let files = files.filter(|(path, _)| !path.starts_with("tests/house"));
    let tests: String = files.map(|(_, text)| text).collect();
    let wrong = differences(&page, &tests);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn differences(page: &str, tests: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2).filter(|text| is_test(text));
    let named: BTreeSet<&str> = quoted.collect();
    let functions = tests.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let existing: BTreeSet<&str> = functions.filter(|name| is_test(name)).collect();
    let missing = named.difference(&existing).map(|name| format!("`{name}` does not exist"));
    let unnamed = existing.difference(&named).map(|name| format!("`{name}` is not on the page"));
    missing.chain(unnamed).collect()
}

/// Returns whether `text` is the complete name of a test of a fault, such as `fm_a1_it_holds`.
fn is_test(text: &str) -> bool {
    let row = text.strip_prefix("fm_").and_then(|rest| rest.split_once('_'));
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    row.is_some_and(|(row, name)| {
        row.starts_with(|first: char| first.is_ascii_lowercase())
            && row[1..].parse::<u8>().is_ok()
            && !name.is_empty()
            && name.bytes().all(is_word)
    })
}

#[test]
fn differences_are_found_in_a_made_up_page() {
    let page = "| A1 | … | `fm_a1_it_holds`<br>`fm_a1_gone` | prefix `fm_a2_…` |";
    let tests = "fn fm_a1_it_holds() {} async fn fm_b2_new<T>() {}\nfn fm_b2_new() {} fn fm_x() {}";
    assert_eq!(
        differences(page, tests),
        ["`fm_a1_gone` does not exist", "`fm_b2_new` is not on the page"]
    );
}
