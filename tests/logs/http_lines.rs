//! The log lines in the source of `resilient-http`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::table::Row;

/// Returns what each use of a logging macro of `tracing` in the source of `resilient-http` logs.
pub(crate) fn http_lines() -> Vec<Row> {
    let mut rows = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resilient-http/src");
    read_folder(&source, &mut rows);
    rows
}

fn read_folder(folder: &Path, rows: &mut Vec<Row>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, rows);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            collect(fs::read_to_string(&path).unwrap().parse().unwrap(), rows);
        }
    }
}

fn collect(tokens: TokenStream, rows: &mut Vec<Row>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        collect(group.stream(), rows);
        let before: String =
            tokens[..at].iter().rev().take(5).rev().map(ToString::to_string).collect();
        let level = before.strip_prefix("tracing::").and_then(|rest| rest.strip_suffix('!'));
        let levels = ["error", "warn", "info", "debug", "trace"];
        if let Some(level) = level.filter(|level| levels.contains(level)) {
            assert_eq!(group.delimiter(), Delimiter::Parenthesis);
            rows.push(row(level, group.stream()));
        }
    }
}

/// Returns the row of a line: a target, fields such as `name`, `?name` and `name = value`, and the
/// message.
fn row(level: &str, arguments: TokenStream) -> Row {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let (mut message, mut fields) = (None, BTreeSet::new());
    for argument in arguments.split(|token| token.to_string() == ",") {
        let mut words = argument.iter().map(ToString::to_string).skip_while(|word| word == "?");
        match words.next() {
            None => {}
            Some(word) if word == "target" => {
                assert!(argument.last().is_some_and(|target| target.to_string() == "HTTP"));
            }
            Some(word) if word.starts_with('"') => {
                message = Some(word.trim_matches('"').to_owned());
            }
            Some(word) => {
                fields.insert(word);
            }
        }
    }
    Row {
        target: "resilient::http".to_owned(),
        level: level.to_uppercase(),
        message: message.expect("a message"),
        fields,
    }
}
