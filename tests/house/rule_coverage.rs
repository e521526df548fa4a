//! Every rule of `docs/rules.md` has a test, and a mark in the source.
//!
//! A test of rule B10 is a function whose name starts with `b10_`. A mark is a line comment in the
//! source of the product that starts with numbers of rules, such as `// B10` or `// B8, B9: why`. A
//! rule needs neither a test nor a mark if one of its lines starts with `Status: not implemented
//! yet`.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{libraries, root, rust_files};

#[derive(Debug, PartialEq, Eq)]
struct Rule {
    number: String,
    is_implemented: bool,
}

#[test]
fn every_rule_has_a_test_and_a_mark() {
    let page = fs::read_to_string(root().join("docs/rules.md")).expect("docs/rules.md");
    let tests: String = rust_files(&root()).into_iter().map(|(_, text)| text).collect();
    let sources =
        libraries().into_iter().flat_map(|folder| rust_files(&root().join(folder).join("src")));
    let is_product = |path: &str| !path.contains("tests");
    let product: String =
        sources.filter(|(path, _)| is_product(path)).map(|(_, text)| text).collect();
    let wrong = gaps(&rules(&page), &tested(&tests), &marked(&product));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Returns the rules of the page, from headings such as `### B1. States`.
fn rules(page: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            let number = heading.split('.').next().unwrap_or_default().to_owned();
            if is_number(&number) {
                rules.push(Rule { number, is_implemented: true });
            }
        } else if line.starts_with("Status: not implemented yet") {
            if let Some(rule) = rules.last_mut() {
                rule.is_implemented = false;
            }
        }
    }
    rules
}

/// Returns whether `text` is the number of a rule, such as `B1`, `G9`, `R16` or `C5`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['B', 'G', 'R', 'D', 'C']);
    digits.is_some_and(|digits| {
        (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Returns the rules for which the text has functions with names such as `b01_…` or `b1_…`.
fn tested(text: &str) -> BTreeSet<String> {
    let names = text.split("fn ").skip(1).filter_map(|rest| rest.split_once('_'));
    let numbers = names.map(|(prefix, _)| prefix.to_uppercase());
    numbers.filter(|number| is_number(number)).map(|number| without_zero(&number)).collect()
}

fn without_zero(number: &str) -> String {
    let (letter, digits) = number.split_at(1);
    format!("{letter}{}", digits.trim_start_matches('0'))
}

/// Returns the rules for which the text has marks, such as `// B10` or `// B8, B9: why`.
fn marked(text: &str) -> BTreeSet<String> {
    let comments = text.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
    let mut found = BTreeSet::new();
    for comment in comments {
        let comment = comment.trim_start_matches(['/', '!']).trim();
        let (numbers, _) = comment.split_once(':').unwrap_or((comment, ""));
        let numbers: Vec<&str> = numbers.split(", ").collect();
        if numbers.iter().all(|number| is_number(number)) {
            found.extend(numbers.into_iter().map(str::to_owned));
        }
    }
    found
}

/// Returns a message for each missing test and mark.
fn gaps(rules: &[Rule], tested: &BTreeSet<String>, marked: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for Rule { number, is_implemented } in rules {
        let (has_test, has_mark) = (tested.contains(number), marked.contains(number));
        let lower = number.to_lowercase();
        for (has_it, missing) in [
            (has_test, format!("test: a function `{lower}_…`")),
            (has_mark, format!("mark: a comment `// {number}` at the code")),
        ] {
            if *is_implemented && !has_it {
                wrong.push(format!("{number} has no {missing}"));
            }
        }
        if !is_implemented && has_test && has_mark {
            wrong.push(format!("{number} has a test and a mark: is it still not implemented?"));
        }
    }
    let known: Vec<&str> = rules.iter().map(|rule| rule.number.as_str()).collect();
    for number in tested.union(marked).filter(|number| !known.contains(&number.as_str())) {
        wrong.push(format!("{number} is tested or marked and not on the page"));
    }
    if rules.is_empty() {
        wrong.push("the page has no rules".to_owned());
    }
    wrong
}

#[test]
fn gaps_are_found_in_a_made_up_page() {
    let page = "# Rules\n### B1. One\ntext\n### B2. Two\n### B3. Three\n\
                Status: partly implemented.\n### R14. Later\nStatus: not implemented yet.\n\
                ### A heading\n### C5. Five\n";
    let rules = rules(page);
    let numbers: Vec<_> = rules.iter().map(|rule| rule.number.as_str()).collect();
    assert_eq!(numbers, ["B1", "B2", "B3", "R14", "C5"]);
    assert!(!rules[3].is_implemented);

    let tests =
        "#[test]\nfn b01_it_works() {}\nasync fn b3_too() {}\nfn c05_a() {} fn before_b2() {}";
    let source = "    // B1: why\n/// B3, C5\nfn b2() {} // B2\n// B2 is elsewhere\n// See B2: no";
    let (tested, marked) = (tested(tests), marked(source));
    let (test, mark) =
        ("B2 has no test: a function `b2_…`", "B2 has no mark: a comment `// B2` at the code");
    assert_eq!(gaps(&rules, &tested, &marked), [test, mark]);

    assert_eq!(gaps(&[], &BTreeSet::new(), &BTreeSet::new()), ["the page has no rules"]);
    assert_eq!(
        gaps(&rules[..1], &tested, &marked),
        [
            "B3 is tested or marked and not on the page",
            "C5 is tested or marked and not on the page"
        ]
    );
}
