//! The macro that declares simple setters of builders, one per line.

/// Declares methods `name(argument)`. Each assigns `field = value` and returns the builder.
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
