//! The value of a setting: a literal that is checked here, or an expression for the compiler.

use proc_macro2::TokenStream;
use resilient_settings::Value;

#[derive(Debug, Clone)]
pub(crate) enum SettingValue {
    Literal(Value),
    Expr(TokenStream),
}

impl SettingValue {
    /// The expression, if it is one.
    pub(crate) fn expression(&self) -> Option<&TokenStream> {
        match self {
            SettingValue::Expr(tokens) => Some(tokens),
            SettingValue::Literal(_) => None,
        }
    }
}
