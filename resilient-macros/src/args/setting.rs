//! The value of a setting: a literal that is checked here, or an expression for the compiler.

use std::time::Duration;

use proc_macro2::TokenStream;

#[derive(Debug, Clone)]
pub(crate) enum Setting {
    Literal(Literal),
    Expr(TokenStream),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Literal {
    Count(u32),
    Number(f64),
    Time(Duration),
    /// A variant of the runtime's enum of that name.
    Variant(&'static str, &'static str),
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
