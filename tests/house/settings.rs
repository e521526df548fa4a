//! The table of `resilient-settings` is the only place that defines a setting. Other code may use a
//! setting by its name, but must not repeat its default or write its name as a key.
//!
//! This command prints where settings are named:
//!
//! ```text
//! SETTINGS=1 cargo test --test house settings -- --nocapture
//! ```

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use resilient_settings::{Setting, Table, Value, breaker, budget, limits, retry};

use crate::workspace::{libraries, root, rust_files};

const TABLES: [&Table; 4] = [&breaker::TABLE, &retry::TABLE, &budget::TABLE, &limits::TABLE];

/// The files that may name settings. Each entry has the beginning of a path, the limit on how often
/// a file may name one setting, and the reason. The first entry that matches the path of a file
/// applies.
const USES: &[(&str, usize, &str)] = &[
    ("resilient-core/src/breaker/config/builder.rs", 5, "fills in defaults"),
    ("resilient-core/src/breaker/config/mod.rs", 1, "holds the checked values"),
    ("resilient-core/src/breaker/", 2, "counts are named after their settings"),
    ("resilient-core/src/retry/budget/config.rs", 8, "holds the checked values"),
    ("resilient-core/src/retry/call.rs", 8, "sets the limits of one call"),
    ("resilient-core/src/retry/policy.rs", 5, "holds the checked values"),
    ("resilient-core/src/retry/setup.rs", 6, "sets the limits of the calls of a service"),
    ("resilient-core/src/retry/named/overlay.rs", 11, "holds the limits of an override"),
    ("resilient-core/src/retry/", 3, "calls and events carry limits"),
    ("resilient-core/src/call_site/retry.rs", 1, "functions declare their limits"),
    ("resilient-core/src/registry/overrides/retry_override.rs", 4, "limits can be overridden"),
    ("resilient-core/src/registry/deserialize.rs", 2, "the table of a retry has time limits, too"),
    ("resilient-core/src/registry/retry_entry.rs", 1, "calls by hand declare their limits"),
    ("resilient-core/src/expansion/retry.rs", 5, "passes on the limits of a call"),
    ("resilient-core/src/expansion/", 2, "calls and events carry limits"),
    ("resilient-core/src/signal/", 1, "labels a time limit"),
    ("resilient-core/src/telemetry/", 4, "lines about a retry say of how many attempts"),
    ("resilient-http/src/call/attempt_waits.rs", 1, "reads the limit that is in force"),
    ("resilient-http/src/endpoint/", 2, "endpoints have some of the settings"),
    ("resilient-tower/src/reqwest_calls.rs", 4, "sets the limits of the calls of a client"),
    ("resilient-tower/src/retry_layer.rs", 1, "sets the limits of the calls of a service"),
    ("resilient-macros/src/", 3, "time limits and keyed breakers generate different code"),
];

/// A token of the code outside attributes, comments and tests. For a string, `text` is its content
/// without the quotes.
struct Token {
    text: String,
    is_literal: bool,
}

fn tokens(code: &str) -> Vec<Token> {
    fn add(stream: TokenStream, tokens: &mut Vec<Token>) {
        let mut stream = stream.into_iter().peekable();
        let mut is_test = false;
        while let Some(tree) = stream.next() {
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    stream.next_if(|next| next.to_string() == "!");
                    let attribute = stream.next_if(|next| {
                        matches!(next, TokenTree::Group(group)
                            if group.delimiter() == Delimiter::Bracket)
                    });
                    let text = attribute.map(|it| it.to_string().replace(' ', ""));
                    is_test |= text.is_some_and(|text| text.contains("cfg(test)"));
                }
                TokenTree::Group(group) if is_test => {
                    is_test = group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Group(group) => add(group.stream(), tokens),
                tree if is_test => is_test = tree.to_string() != ";",
                tree => tokens.push(Token {
                    is_literal: matches!(tree, TokenTree::Literal(_)),
                    text: tree.to_string().trim_matches('"').to_owned(),
                }),
            }
        }
    }
    let mut found = Vec::new();
    add(code.parse().expect("Rust"), &mut found);
    found
}

/// Returns the positions at which the code names the setting: as an identifier, as a key in quotes,
/// or as a constant.
fn names<'a>(tokens: &'a [Token], setting: &'a Setting) -> impl Iterator<Item = usize> + 'a {
    let constant = setting.name.to_uppercase();
    let is_named = move |token: &Token| token.text == setting.name || token.text == constant;
    (0..tokens.len()).filter(move |at| is_named(&tokens[*at]))
}

/// Counts how often the code names the setting. Reads, such as `config.name` and `default::name`,
/// do not count.
fn places(tokens: &[Token], setting: &Setting) -> usize {
    let is_taken = |at: &usize| {
        let before = at.checked_sub(1).map(|before| &*tokens[before].text);
        matches!(before, Some("." | ":")) && !tokens[*at].is_literal
    };
    names(tokens, setting).filter(|at| !is_taken(at)).count()
}

/// Returns whether a literal that equals the default follows the name of the setting in the same
/// expression.
fn repeats_default(tokens: &[Token], setting: &Setting) -> bool {
    let default = match setting.default {
        Some(Value::Count(count)) => vec![count.to_string()],
        Some(Value::Number(number)) => vec![format!("{number:?}"), number.to_string()],
        Some(Value::Time(time)) => vec![time.as_secs().to_string(), time.as_millis().to_string()],
        Some(Value::Flag(flag)) => vec![flag.to_string()],
        Some(Value::Word(word)) => vec![word.to_owned()],
        None => return false,
    };
    let is_default = |token: &Token| {
        let text = token.text.replace('_', "");
        let number = text.trim_end_matches("u32").trim_end_matches("f64");
        token.is_literal && default.iter().any(|default| default == number)
    };
    names(tokens, setting).any(|at| {
        let expression = tokens[at + 1..].iter().take(12);
        let mut expression = expression.take_while(|token| !matches!(&*token.text, "," | ";"));
        expression.any(is_default)
    })
}

fn settings() -> impl Iterator<Item = &'static Setting> {
    TABLES.into_iter().flat_map(|table| table.settings)
}

/// Returns the tokens of the product's files. Leaves out the table and tests.
fn files() -> BTreeMap<String, Vec<Token>> {
    let mut files = BTreeMap::new();
    for folder in libraries() {
        let source = format!("{folder}/src");
        let source = source.trim_start_matches('/');
        let is_skipped = |path: &str| path.contains("test") || path.contains("snapshots/");
        for (path, text) in rust_files(&root().join(source)) {
            if folder != "resilient-settings" && !is_skipped(&path) {
                files.insert(format!("{source}/{path}"), tokens(&text));
            }
        }
    }
    files
}

#[test]
fn a_setting_is_named_only_by_the_code_that_uses_it() {
    // Leaves out settings whose names are single words, because other code may use these words for
    // something else.
    let settings: Vec<_> = settings().filter(|it| it.name.contains('_')).collect();
    let mut wrong = Vec::new();
    for (path, tokens) in files() {
        let counts = settings.iter().map(|it| (places(&tokens, it), it.name));
        let Some((most, name)) = counts.max().filter(|(most, _)| *most > 0) else {
            continue;
        };
        if std::env::var_os("SETTINGS").is_some() {
            println!("{path}: {most} times `{name}`");
        }
        let allowed = USES.iter().find(|(file, ..)| path.starts_with(file));
        if allowed.is_none_or(|(_, allowed, _)| most > *allowed) {
            wrong.push(format!("{path} names `{name}` {most} times"));
        }
    }
    let advice = "take it from the table, or add the use to `USES` with its purpose";
    assert!(wrong.is_empty(), "{advice}:\n{}", wrong.join("\n"));
}

#[test]
fn no_default_is_written_outside_the_table() {
    let mut wrong = Vec::new();
    for (path, tokens) in files() {
        let repeated = settings().filter(|setting| repeats_default(&tokens, setting));
        wrong.extend(repeated.map(|setting| format!("{path}: the default of `{}`", setting.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn copies_of_names_and_defaults_are_found() {
    let setting = breaker::TABLE.get("recovery_time").expect("in the table");
    let count = |code: &str| places(&tokens(code), setting);
    assert_eq!(count("struct Keys { recovery_time: Option<u32> }"), 1);
    assert_eq!(count("match key { \"recovery_time\" => (), _ => () }"), 1);
    assert_eq!(count("const RECOVERY_TIME: u32 = 3; #[cfg(test)] mod tests;"), 1);
    assert_eq!(count("f(config.recovery_time, default::recovery_time())"), 0);
    assert_eq!(count("/// `recovery_time`\nfn f() {} // recovery_time"), 0);
    assert_eq!(count("#[cfg(test)] mod tests { fn recovery_time() {} }"), 0);

    let repeats = |code: &str| repeats_default(&tokens(code), setting);
    assert!(repeats("const RECOVERY_TIME: Duration = Duration::from_secs(30);"));
    assert!(repeats("self.recovery_time.unwrap_or(Duration::from_millis(30_000))"));
    assert!(!repeats("self.recovery_time.unwrap_or(default::recovery_time())"));
    assert!(!repeats("(self.recovery_time, 30)"));
}
