//! Implements `Debug` for generic types without printing values of their type parameters.

/// Implements `Debug` with only the named fields, so that the parameters of a generic type need no
/// `Debug`: `debug_fields!(Attempt<O> { number, last_delay })`.
macro_rules! debug_fields {
    ($name:ident<$($parameter:tt),+> { $($field:ident),* }) => {
        impl<$($parameter),+> ::std::fmt::Debug for $name<$($parameter),+> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use debug_fields;
