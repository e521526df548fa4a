//! Proves that the tables in the documentation match this crate. `UPDATE_DOCS=1` rewrites them.

use std::fmt::Write;
use std::path::Path;

use resilient_settings::{Form, Setting, Table, Value, breaker, budget, duration_text, retry};

const END: &str = "<!-- end of settings -->";

/// A page with a table between two markers.
struct Page {
    path: &'static str,
    table: &'static Table,
    /// The builder that the names link to. A page without a builder shows the advice for each
    /// setting.
    builder: Option<&'static str>,
}

const PAGES: [Page; 6] = [
    Page { path: "docs/settings.md", table: &breaker::TABLE, builder: None },
    Page {
        path: "resilient-macros/docs/circuit_breaker.md",
        table: &breaker::TABLE,
        builder: None,
    },
    Page { path: "resilient-macros/docs/retry.md", table: &retry::TABLE, builder: None },
    Page {
        path: "resilient-core/src/breaker/config/settings.md",
        table: &breaker::TABLE,
        builder: Some("crate::breaker::BreakerConfigBuilder"),
    },
    Page {
        path: "resilient-core/src/retry/settings.md",
        table: &retry::TABLE,
        builder: Some("RetryPolicyBuilder"),
    },
    Page {
        path: "resilient-core/src/retry/budget/settings.md",
        table: &budget::TABLE,
        builder: Some("BudgetConfigBuilder"),
    },
];

#[test]
fn the_tables_of_the_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    for page in PAGES {
        let path = root.join(page.path);
        let text = std::fs::read_to_string(&path).expect(page.path);
        let begin = "<!-- settings -->\n";
        let (before, rest) = text.split_once(begin).expect(page.path);
        let (_, after) = rest.split_once(END).expect(page.path);
        let expected = format!("{before}{begin}\n{}\n{END}{after}", rows(&page));
        if update {
            std::fs::write(&path, expected).expect(page.path);
        } else {
            let advice = "run `UPDATE_DOCS=1 cargo test -p resilient-settings --test docs`";
            assert!(text == expected, "{} is out of date: {advice}", page.path);
        }
    }
}

fn rows(page: &Page) -> String {
    let mut text = String::from("| setting | what it does | range | default |");
    text += match page.builder {
        None => " change it |\n|---|---|---|---|---|\n",
        Some(_) => "\n|---|---|---|---|\n",
    };
    for (at, setting) in page.table.settings.iter().enumerate() {
        let name = setting.name;
        let _ = match page.builder {
            None => write!(text, "| `{name}` |"),
            Some(builder) => write!(text, "| [`{name}`]({builder}::{name}) |"),
        };
        let range = range(page.table, at);
        let _ = write!(text, " {} | {range} | {} |", summary(setting), default(setting));
        if page.builder.is_none() {
            let _ = write!(text, " {} |", setting.advice);
        }
        text.push('\n');
    }
    text
}

/// Returns the first sentence of the setting's documentation.
fn summary(setting: &Setting) -> &str {
    let end = setting.doc.find(". ").unwrap_or(setting.doc.len());
    setting.doc[..end].trim().trim_end_matches('.')
}

fn range(table: &Table, at: usize) -> String {
    let setting = &table.settings[at];
    // Drop the text after a colon, which is meant for errors only.
    let shown = |rule: &str| {
        let rule = rule.split(": ").next().unwrap_or(rule);
        rule.trim_start_matches("must be ").replace("must not be ", "not ")
    };
    let words = || {
        let words: Vec<String> = setting.words().iter().map(|it| format!("`{it}`")).collect();
        words.join(", ")
    };
    let mut parts = vec![match setting.form {
        Form::Window { most } => format!("1 to {most} calls, or a time longer than zero"),
        Form::Flag => "`true` or `false`".to_owned(),
        Form::Word(_) => words(),
        Form::WordOrShare(_) => format!("{}, or a share", words()),
        Form::WordOrFunction(_) => format!("{}, or a function", words()),
        _ => shown(&setting.must(Value::Count(0))),
    }];
    for rule in table.rules.iter().filter(|rule| rule.subject == at) {
        let text = shown(&rule.must(table, at, false));
        if !parts.contains(&text) {
            parts.push(text);
        }
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { "any".to_owned() } else { grouped(&parts.join("; ")) }
}

/// Groups digits by thousands: `1 000 000`.
fn grouped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut grouped = String::new();
    for (at, c) in chars.iter().enumerate() {
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let is_inside = at > 0 && chars[at - 1].is_ascii_digit();
        if is_inside && digits > 0 && digits % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(*c);
    }
    grouped
}

fn default(setting: &Setting) -> String {
    let value = setting.default.map(|value| match value {
        Value::Time(time) => format!("`\"{}\"`", duration_text(time)),
        Value::Flag(_) | Value::Word(_) => format!("`{value}`"),
        Value::Number(number) => number.to_string(),
        Value::Count(count) => grouped(&count.to_string()),
    });
    match (value, setting.default_words) {
        (Some(value), "") => value,
        (Some(value), words) if words.starts_with("or ") => format!("{value}, {words}"),
        (Some(value), words) => format!("{value}; {words}"),
        (None, words) => words.to_owned(),
    }
}
