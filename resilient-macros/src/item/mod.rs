//! The annotated item: a function whose signature `syn` parses and whose body stays raw tokens.

mod attribute;
mod bindings;
mod function;
mod passing;

pub(crate) use attribute::{
    ConditionalAttribute, allow_expected, attribute_span, conditional, kind_of, with_args,
};
pub(crate) use bindings::{PatternBinding, bindings};
pub(crate) use function::AnnotatedFunction;
pub(crate) use passing::{PassingMode, passing, receiver_passing};
