//! The value of a setting: a literal that is checked here, or an expression for the compiler.

use proc_macro2::TokenStream;
use resilient_settings::Value;

#[derive(Debug, Clone)]
pub(crate) enum Setting {
    Literal(Value),
    Expr(TokenStream),
}

impl Setting {
    /// The expression, if it is one.
    pub(crate) fn expression(&self) -> Option<&TokenStream> {
        match self {
            Setting::Expr(tokens) => Some(tokens),
            Setting::Literal(_) => None,
        }
    }
}
