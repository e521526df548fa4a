//! The macro that declares the simple setters of builders, one line each.

/// Declares methods `name(argument)` that assign `field = value` and return the builder.
macro_rules! setters {
    ($(
        $(#[$attribute:meta])*
        $name:ident($($argument:ident: $type:ty)?) => $($field:ident).+ = $value:expr;
    )+) => {$(
        $(#[$attribute])*
        pub fn $name(mut self $(, $argument: $type)?) -> Self {
            self.$($field).+ = $value;
            self
        }
    )+};
}

pub(crate) use setters;
