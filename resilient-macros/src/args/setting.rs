//! A setting: a literal that was checked, or an expression that the compiler checks.

use std::time::Duration;

use proc_macro2::TokenStream;

use super::{duration, number};
use crate::error::Errors;

#[derive(Debug, Clone)]
pub(crate) enum Setting<T> {
    Literal(T),
    Expr(TokenStream),
}

/// A value to be read, with its key for the messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) key: &'a str,
    pub(super) tokens: &'a TokenStream,
}

/// Reads a value with `literal`, which says `None` for an expression; an error is reported at the value.
pub(super) fn read<T>(
    value: Value<'_>,
    errors: &mut Errors,
    literal: impl FnOnce(&TokenStream) -> Option<Result<T, String>>,
) -> Option<Setting<T>> {
    match literal(value.tokens) {
        None => Some(Setting::Expr(value.tokens.clone())),
        Some(Ok(literal)) => Some(Setting::Literal(literal)),
        Some(Err(message)) => {
            // What the value is needs the key as its subject.
            let subject = if message.starts_with("is ") {
                format!("`{}` ", value.key)
            } else {
                String::new()
            };
            errors.push_spanned(value.tokens, subject + &message);
            None
        }
    }
}

pub(super) fn any_count(value: Value<'_>, errors: &mut Errors) -> Option<Setting<u32>> {
    read(value, errors, number::count)
}

/// A count of at least one; `rule` is the end of the sentence for zero.
pub(super) fn count(value: Value<'_>, errors: &mut Errors, rule: &str) -> Option<Setting<u32>> {
    bounded_count(value, errors, u32::MAX, rule)
}

/// A count from one to `most`.
pub(super) fn bounded_count(
    value: Value<'_>,
    errors: &mut Errors,
    most: u32,
    rule: &str,
) -> Option<Setting<u32>> {
    read(value, errors, |value| match number::count(value)? {
        Ok(count) if count == 0 || count > most => Some(Err(format!("is {count}: {rule}"))),
        other => Some(other),
    })
}

pub(super) fn proportion(value: Value<'_>, errors: &mut Errors) -> Option<Setting<f64>> {
    read(value, errors, number::proportion)
}

/// A proportion above zero.
pub(super) fn rate(value: Value<'_>, errors: &mut Errors) -> Option<Setting<f64>> {
    read(value, errors, number::rate)
}

pub(super) fn factor(value: Value<'_>, errors: &mut Errors) -> Option<Setting<f64>> {
    read(value, errors, number::factor)
}

pub(super) fn any_duration(value: Value<'_>, errors: &mut Errors) -> Option<Setting<Duration>> {
    read(value, errors, duration::literal)
}

/// A duration above zero; `rule` is the end of the sentence for zero.
pub(super) fn duration(
    value: Value<'_>,
    errors: &mut Errors,
    rule: &str,
) -> Option<Setting<Duration>> {
    read(value, errors, |value| match duration::literal(value)? {
        Ok(Duration::ZERO) => Some(Err(format!("is zero: {rule}"))),
        other => Some(other),
    })
}

/// The value that counts for a rule: the literal, or `default` where the key was not `given`; nothing where only
/// the running program knows it.
pub(super) fn known<T: Copy>(setting: Option<&Setting<T>>, given: bool, default: T) -> Option<T> {
    match setting {
        Some(Setting::Literal(value)) => Some(*value),
        None if !given => Some(default),
        _ => None,
    }
}
