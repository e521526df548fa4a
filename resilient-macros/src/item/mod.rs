//! The annotated item: a function whose signature `syn` parses and whose body stays raw tokens.

mod attribute;
mod bindings;
mod function;
mod passing;

pub(crate) use attribute::{Conditional, attribute_span, conditional, kind_of, with_args};
pub(crate) use bindings::{Binding, bindings};
pub(crate) use function::Function;
pub(crate) use passing::{Passing, passing, receiver_passing};
