//! The table of log lines in the guide to operating.

use std::collections::BTreeSet;

use crate::http_lines::http_lines;

const OPERATING: &str = include_str!("../../docs/operating.md");
const BREAKER_LINES: &str = include_str!("../../resilient-core/src/telemetry/log/breaker.rs");
const BUDGET_LINES: &str = include_str!("../../resilient-core/src/telemetry/log/budget.rs");
const CALLER_LINES: &str = include_str!("../../resilient-core/src/telemetry/log/caller.rs");
const RETRY_LINES: &str = include_str!("../../resilient-core/src/telemetry/log/retry.rs");
const SETTINGS_LINES: &str = include_str!("../../resilient-core/src/telemetry/log/settings.rs");
const SPANS: &str = include_str!("../../resilient-core/src/telemetry/span.rs");

/// A kind of log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) target: String,
    pub(crate) level: String,
    pub(crate) message: String,
    pub(crate) fields: BTreeSet<String>,
}

/// Returns the lines of the table of log lines.
fn lines() -> impl Iterator<Item = &'static str> {
    lines_under("\n| target | level |")
}

/// Returns the lines of the table that begins with `head`.
fn lines_under(head: &str) -> impl Iterator<Item = &'static str> {
    let (_, table) = OPERATING.split_once(head).expect("the table is there");
    table.lines().skip(2).take_while(|line| line.starts_with('|'))
}

/// Returns the rows of the table.
fn rows() -> Vec<Row> {
    lines()
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [target, level, message, fields, _advice] = cells[..] else {
                panic!("five columns: {row}");
            };
            let text = |cell: &str| cell.trim_matches('`').to_owned();
            let fields = fields.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Row { target: text(target), level: text(level), message: text(message), fields }
        })
        .collect()
}

/// Checks that the table has exactly this row.
pub(crate) fn check(line: &Row) {
    let rows = rows();
    let row = rows.iter().find(|row| row.message == line.message);
    assert_eq!(row, Some(line), "the guide describes another line");
}

/// Checks that the table of spans has exactly this target, name and fields.
pub(crate) fn check_span(target: &str, name: &str, fields: &BTreeSet<&str>) {
    let mut rows = lines_under("\n| target | span |");
    let row = rows.find(|row| row.starts_with(&format!("| `{target}` | `{name}` |")));
    let row = row.unwrap_or_else(|| panic!("the guide lacks the span {name} of {target}"));
    let cell = row.split(" | ").nth(2).unwrap();
    let listed: BTreeSet<_> = cell.split('`').skip(1).step_by(2).collect();
    assert_eq!(&listed, fields, "{name}");
}

/// Returns the string literals of Rust source, without those in attributes.
fn literals(source: &str) -> Vec<String> {
    fn collect(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    // The argument of the attribute follows; an inner attribute has a `!` first.
                    while !matches!(tokens.next(), Some(proc_macro2::TokenTree::Group(_)) | None) {}
                }
                proc_macro2::TokenTree::Group(group) => collect(group.stream(), found),
                proc_macro2::TokenTree::Literal(literal) => {
                    let literal = syn::parse_str::<syn::LitStr>(&literal.to_string());
                    found.extend(literal.map(|literal| literal.value()));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(source.parse().unwrap(), &mut found);
    found
}

#[test]
fn every_message_in_the_source_has_one_row_and_every_row_is_in_the_source() {
    let sources = [BREAKER_LINES, BUDGET_LINES, CALLER_LINES, RETRY_LINES, SETTINGS_LINES];
    let of_core = sources.into_iter().flat_map(literals);
    let of_http = http_lines().into_iter().map(|line| line.message);
    let in_source: BTreeSet<_> = of_core.chain(of_http).collect();
    let rows = rows();
    let in_guide: BTreeSet<_> = rows.iter().map(|row| row.message.clone()).collect();
    assert_eq!(in_guide, in_source);
    assert_eq!(in_guide.len(), rows.len(), "a message has two rows");

    let spans = lines_under("\n| target | span |").map(|row| row.split('`').nth(3).unwrap());
    let in_source = literals(SPANS);
    for span in spans {
        assert!(in_source.iter().any(|literal| literal == span), "there is no span {span}");
    }
}

#[test]
fn the_lines_of_the_http_client_have_the_levels_and_the_fields_of_their_rows() {
    let lines = http_lines();
    assert!(lines.iter().any(|line| line.message == "the server holds back calls"));
    lines.iter().for_each(check);
}

#[test]
fn every_row_says_what_to_do() {
    for row in lines() {
        let advice = row.trim_end_matches('|').rsplit(" | ").next().unwrap();
        assert!(advice.trim().len() > 20, "{row}");
    }
}
