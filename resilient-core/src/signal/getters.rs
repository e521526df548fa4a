//! Getters for types with private fields.

/// Defines getters. Each getter is one line after its documentation: name, type and value.
macro_rules! getters {
    (|$self:ident| $($(#[$doc:meta])+ $name:ident: $type:ty = $value:expr;)+) => {
        $(
            $(#[$doc])+
            #[must_use]
            pub fn $name(&$self) -> $type {
                $value
            }
        )+
    };
}

pub(crate) use getters;
