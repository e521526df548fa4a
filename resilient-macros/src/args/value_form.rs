//! Reads the literal of a setting and checks its range.

use proc_macro2::TokenStream;

use super::keys::ValueForm;
use super::setting::{Literal, Setting};
use super::words::word;
use super::{duration, number, window};
use crate::error::Errors;

/// Reads a value. An error is reported at the value.
pub(super) fn read(
    key: &str,
    value: &TokenStream,
    form: ValueForm,
    errors: &mut Errors,
) -> Option<Setting> {
    match literal(key, value, form) {
        None => Some(Setting::Expr(value.clone())),
        Some(Ok(literal)) => Some(Setting::Literal(literal)),
        Some(Err(message)) => {
            // "is …" continues a sentence whose subject is the key.
            let subject = if message.starts_with("is ") {
                format!("`{key}` ")
            } else {
                String::new()
            };
            errors.push_spanned(value, subject + &message);
            None
        }
    }
}

/// `None` if the value is an expression.
fn literal(key: &str, value: &TokenStream, form: ValueForm) -> Option<Result<Literal, String>> {
    Some(match form {
        ValueForm::Count { least, most, rule } => number::count(value)?.and_then(|count| {
            if (least..=most).contains(&count) {
                Ok(Literal::Count(count))
            } else {
                Err(format!("is {count}: {rule}"))
            }
        }),
        ValueForm::Time { above_zero } => {
            duration::literal(value)?.and_then(|time| match above_zero {
                Some(rule) if time.is_zero() => Err(format!("is zero: {rule}")),
                _ => Ok(Literal::Time(time)),
            })
        }
        ValueForm::Share => number::proportion(value)?.map(Literal::Number),
        ValueForm::Rate => number::rate(value)?.map(Literal::Number),
        ValueForm::Factor => number::factor(value)?.map(Literal::Number),
        ValueForm::Window => window::literal(value)?,
        ValueForm::Word { of, words } => {
            word(&format!("`{key}`"), words, value).map(|variant| Literal::Variant(of, variant))
        }
    })
}
