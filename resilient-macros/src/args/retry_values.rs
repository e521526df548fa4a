//! Reads values of `#[retry]` that no other attribute has.

use proc_macro2::{Span, TokenStream};
use resilient_settings::limits;

use super::pairs::Pair;
use super::setting::SettingValue;
use super::value_form;
use crate::error::CompileErrors;
use crate::literal::{LiteralContent, constant};

/// A time limit of `#[retry]`, and the location of its key in the source.
#[derive(Debug, Clone)]
pub(crate) struct LimitArgument {
    pub(crate) after: SettingValue,
    pub(crate) key: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum BudgetArgument {
    /// The name of a registered budget.
    Name(String),
    Expr(TokenStream),
}

/// The words that the key `nested` accepts. The key configures a loop that starts inside a retry of
/// another loop. Each word is paired with a variant of the runtime's `NestedMode`, or with `None`
/// for the default.
pub(super) const NESTED: &[(&str, Option<&str>)] =
    &[("warn", None), ("collapse", Some("Collapse")), ("allow", Some("Allow"))];
/// The words that the key `errors` accepts. Each word is paired with whether a failed call returns
/// the errors of all attempts.
pub(super) const ERRORS: &[(&str, bool)] = &[("last", false), ("all", true)];

pub(super) fn limit(
    pair: &Pair,
    value: &TokenStream,
    errors: &mut CompileErrors,
) -> Option<LimitArgument> {
    let after = value_form::read(limits::TABLE.get(&pair.name)?, value, errors)?;
    let key = pair.key.span();
    Some(LimitArgument { after, key })
}

pub(super) fn budget(value: &TokenStream, errors: &mut CompileErrors) -> Option<BudgetArgument> {
    let Some(literal) = constant(value) else {
        return Some(BudgetArgument::Expr(value.clone()));
    };
    let message = match literal.content {
        LiteralContent::Text(name) if !literal.negative && !name.is_empty() => {
            return Some(BudgetArgument::Name(name));
        }
        LiteralContent::Text(name) if name.is_empty() => {
            "`budget` is empty: name the budget, as in `budget = \"payments\"`"
        }
        _ => {
            "`budget` is the name of a budget, as in `budget = \"payments\"`, or an expression of \
             type `RetryBudget`"
        }
    };
    errors.push_spanned(value, message);
    None
}
