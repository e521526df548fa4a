//! The tables in the documentation are those of this crate. `UPDATE_DOCS=1` rewrites them.

use std::fmt::Write;
use std::path::Path;

use resilient_settings::{Form, Setting, Table, Value, breaker, duration_text, retry};

const END: &str = "<!-- end of settings -->";

/// The pages, each with the name of its marker, its table, and whether it has advice.
fn pages() -> [(&'static str, &'static str, &'static Table, bool); 3] {
    [
        ("docs/settings.md", "breaker", &breaker::TABLE, true),
        (
            "resilient-macros/docs/circuit_breaker.md",
            "breaker",
            &breaker::TABLE,
            true,
        ),
        (
            "resilient-macros/docs/retry.md",
            "retry",
            &retry::TABLE,
            true,
        ),
    ]
}

#[test]
fn the_tables_of_the_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    for (page, marker, table, has_advice) in pages() {
        let path = root.join(page);
        let text = std::fs::read_to_string(&path).expect(page);
        let begin = format!("<!-- settings: {marker} -->\n");
        let (before, rest) = text.split_once(&begin).expect(page);
        let (_, after) = rest.split_once(END).expect(page);
        let expected = format!("{before}{begin}\n{}\n{END}{after}", rows(table, has_advice));
        if update {
            std::fs::write(&path, expected).expect(page);
        } else {
            let advice = "run `UPDATE_DOCS=1 cargo test -p resilient-settings --test docs`";
            assert!(text == expected, "{page} is out of date: {advice}");
        }
    }
}

fn rows(table: &Table, has_advice: bool) -> String {
    let mut text = String::from("| setting | what it does | range | default |");
    text += if has_advice { " change it |\n" } else { "\n" };
    text += if has_advice {
        "|---|---|---|---|---|\n"
    } else {
        "|---|---|---|---|\n"
    };
    for (at, setting) in table.settings.iter().enumerate() {
        let _ = write!(
            text,
            "| `{}` | {} | {} | {} |",
            setting.name,
            summary(setting),
            range(table, at),
            default(setting),
        );
        if has_advice {
            let _ = write!(text, " {} |", setting.advice);
        }
        text.push('\n');
    }
    text
}

/// The first sentence of its documentation.
fn summary(setting: &Setting) -> &str {
    let end = setting.doc.find(". ").unwrap_or(setting.doc.len());
    setting.doc[..end].trim().trim_end_matches('.')
}

fn range(table: &Table, at: usize) -> String {
    let setting = &table.settings[at];
    // Without what stands behind a colon, which explains an error.
    let shown = |rule: &str| {
        let rule = rule.split(": ").next().unwrap_or(rule);
        rule.trim_start_matches("must be ")
            .replace("must not be ", "not ")
    };
    let words = || {
        let words: Vec<String> = setting.words().iter().map(|it| format!("`{it}`")).collect();
        words.join(", ")
    };
    let mut parts = vec![match setting.form {
        Form::Window { most } => format!("1 to {most} calls, or a time longer than zero"),
        Form::Word(_) => words(),
        Form::WordOrShare(_) => format!("{}, or a share", words()),
        Form::WordOrFunction(_) => format!("{}, or a function", words()),
        _ => match setting.must(Value::Count(0)) {
            "" => String::new(),
            rule => shown(rule),
        },
    }];
    for rule in table.rules.iter().filter(|rule| rule.subject == at) {
        let text = shown(&rule.must(table));
        if !parts.contains(&text) {
            parts.push(text);
        }
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        "any".to_owned()
    } else {
        grouped(&parts.join("; "))
    }
}

/// The text with thousands set apart: `1 000 000`.
fn grouped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut grouped = String::new();
    for (at, c) in chars.iter().enumerate() {
        let digits = chars[at..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
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
        Value::Word(word) => format!("`{word}`"),
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
