//! Reads the literal of a setting and checks its range.

use std::time::Duration;

use proc_macro2::TokenStream;
use resilient_settings::{Form, Setting as Entry, Value};

use super::literal_forms;
use super::setting::SettingValue;
use super::words::{is_lower_case, is_misspelt, lone_ident, unknown, word};

use crate::error::CompileErrors;
use crate::literal::{LiteralContent, constant};
use crate::tokens::source;

/// Reads the value of the setting `entry`. If a literal is invalid, returns `None` and reports an
/// error that points at the value.
pub(super) fn read(
    entry: &Entry,
    value: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<SettingValue> {
    match literal(entry, value) {
        None => Some(SettingValue::Expr(value.clone())),
        Some(Ok(literal)) => Some(SettingValue::Literal(literal)),
        Some(Err(message)) => {
            // A message that begins with "is …" has no subject, so the key is put before it.
            let subject = if message.starts_with("is ") {
                format!("`{}` ", entry.name)
            } else {
                String::new()
            };
            errors.push_spanned(value, subject + &message);
            None
        }
    }
}

/// Reads a literal. Returns `None` if the value is an expression.
fn literal(entry: &Entry, value: &TokenStream) -> Option<Result<Value, String>> {
    let is_number = matches!(entry.form, Form::Count { .. } | Form::Factor);
    if let Some(message) = literal_forms::unquoted(value).filter(|_| !is_number) {
        return Some(Err(message));
    }
    let literal = match entry.form {
        Form::Word(words) => return Some(word(entry.name, words, value).map(Value::Word)),
        Form::Flag => return flag(entry.name, value),
        Form::WordOrFunction(words) => return word_or_function(entry.name, words, value),
        Form::WordOrShare(words) => match word_or_other(entry.name, words, value) {
            Some(word) => return Some(word),
            None => literal_forms::share(value, "a proportion")?.map(Value::Number),
        },
        Form::Count { .. } => literal_forms::count(value)?.map(Value::Count),
        Form::Window { .. } => literal_forms::window(value)?,
        Form::Time { .. } => literal_forms::time(value)?.map(Value::Time),
        Form::Share { zero: true } => {
            literal_forms::share(value, "a proportion")?.map(Value::Number)
        }
        Form::Share { zero: false } => literal_forms::share(value, "a rate")?.map(Value::Number),
        Form::Factor => literal_forms::factor(value)?.map(Value::Number),
        // The compiler checks the values of forms that this crate does not know.
        _ => return None,
    };
    Some(literal.and_then(|literal| in_range(entry, literal, value)))
}

fn in_range(entry: &Entry, literal: Value, value: &TokenStream) -> Result<Value, String> {
    if entry.allows(literal) {
        return Ok(literal);
    }
    let given = match literal {
        Value::Time(Duration::ZERO) => "zero".to_owned(),
        _ => source(value),
    };
    let advice = match (entry.form, literal) {
        // A user who writes a rate of 50 probably means 50 percent.
        (Form::Share { zero: false }, Value::Number(rate))
            if (2.0..=100.0).contains(&rate) && !given.ends_with("%\"") =>
        {
            format!(": write \"{rate}%\"")
        }
        (Form::Share { zero: false }, _) => ": as in \"50%\"".to_owned(),
        _ => String::new(),
    };
    Err(format!("is {given}: {}{advice}", entry.reason(literal)))
}

/// Reads `true` or `false`. Returns an error if the value is another literal, and `None` if the
/// value is an expression.
fn flag(name: &str, value: &TokenStream) -> Option<Result<Value, String>> {
    let words = ["true", "false"];
    match word(name, &words, value) {
        Ok(word) => Some(Ok(Value::Flag(word == "true"))),
        Err(message) => constant(value).is_some().then_some(Err(message)),
    }
}

/// Reads a value that is one of `words`. Returns an error if the value is another word, and `None`
/// if the value is not a word.
fn word_or_other(
    name: &str,
    words: &[&'static str],
    value: &TokenStream,
) -> Option<Result<Value, String>> {
    let is_word = lone_ident(value).is_some_and(|ident| is_lower_case(&ident.to_string()));
    let is_quoted = match constant(value).map(|constant| constant.content) {
        Some(LiteralContent::Text(text)) => words.contains(&text.as_str()),
        _ => false,
    };
    (is_word || is_quoted).then(|| word(name, words, value).map(Value::Word))
}

/// Reads a value that is one of `words`. Returns `None` if the value is a function. A name that
/// resembles one of `words` is treated as misspelt, not as a function, and returns an error.
fn word_or_function(
    name: &str,
    words: &[&'static str],
    value: &TokenStream,
) -> Option<Result<Value, String>> {
    match word(name, words, value) {
        Ok(word) => Some(Ok(Value::Word(word))),
        Err(_) if is_misspelt(value, words) || constant(value).is_some() => {
            Some(Err(unknown(name, words, value)))
        }
        Err(_) => None,
    }
}

#[cfg(test)]
#[path = "value_form_tests.rs"]
mod tests;
