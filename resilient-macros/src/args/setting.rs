//! The value of a setting: a literal that this crate checks, or an expression that the compiler
//! checks.

use proc_macro2::TokenStream;
use resilient_settings::Value;

#[derive(Debug, Clone)]
pub(crate) enum SettingValue {
    Literal(Value),
    Expr(TokenStream),
}

impl SettingValue {
    /// Returns the expression, or `None` for a literal.
    pub(crate) fn expression(&self) -> Option<&TokenStream> {
        match self {
            SettingValue::Expr(tokens) => Some(tokens),
            SettingValue::Literal(_) => None,
        }
    }
}
