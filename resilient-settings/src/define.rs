//! Turns the entries of a table into data: the modules `key` and `default`, and the list of
//! settings.

/// Translates the form of an entry, for example `Count(1..)`, `Time(positive)` or `WhenOpen("stop",
/// …)`.
macro_rules! form {
    (Count) => { $crate::Form::Count { least: 0, most: u32::MAX } };
    (Count $least:literal ..) => { $crate::Form::Count { least: $least, most: u32::MAX } };
    (Count $least:literal ..= $most:literal) => {
        $crate::Form::Count { least: $least, most: $most }
    };
    (Time) => { $crate::Form::Time { zero: true } };
    (Time positive) => { $crate::Form::Time { zero: false } };
    (Share) => { $crate::Form::Share { zero: true } };
    (Share positive) => { $crate::Form::Share { zero: false } };
    (Factor) => { $crate::Form::Factor };
    (Flag) => { $crate::Form::Flag };
    (Window ..= $most:literal) => { $crate::Form::Window { most: $most } };
    (Jitter $($word:literal),+) => { $crate::Form::WordOrShare(&[$($word),+]) };
    (Backoff $($word:literal),+) => { $crate::Form::WordOrFunction(&[$($word),+]) };
    ($words:ident $($word:literal),+) => { $crate::Form::Word(&[$($word),+]) };
}

/// Names the type of a setting with this form. A setting whose values are words has the type
/// `$words`.
#[doc(hidden)]
#[macro_export]
macro_rules! type_of {
    (Count, $words:ty) => {
        u32
    };
    (Time, $words:ty) => {
        ::std::time::Duration
    };
    (Share, $words:ty) => {
        f64
    };
    (Factor, $words:ty) => {
        f64
    };
    (Flag, $words:ty) => {
        bool
    };
    ($form:ident, $words:ty) => {
        $words
    };
}

/// Converts a setting of this form into the value that rules compare. If the values are words, the
/// value is `$words`.
#[doc(hidden)]
#[macro_export]
macro_rules! value_of {
    (Count $value:expr, $words:expr) => {
        $crate::Value::Count($value)
    };
    (Time $value:expr, $words:expr) => {
        $crate::Value::Time($value)
    };
    (Share $value:expr, $words:expr) => {
        $crate::Value::Number($value)
    };
    (Factor $value:expr, $words:expr) => {
        $crate::Value::Number($value)
    };
    (Flag $value:expr, $words:expr) => {
        $crate::Value::Flag($value)
    };
    ($form:ident $value:expr, $words:expr) => {
        $words
    };
}

/// The callback that generates the modules `key` and `default`, and the constant `SETTINGS`. The
/// functions in braces compute the defaults that depend on other settings.
macro_rules! define {
    ({ $($dependent:item)* } $(
        $(#[doc = $doc:literal])+
        $name:ident: $form:ident $(($($range:tt)+))?,
        default($($default:expr)?; $words:literal),
        $(reason($reason:literal),)?
        advice($advice:literal);
    )+) => {
        /// The index of each setting in the table.
        #[allow(non_upper_case_globals)]
        pub mod key {
            #[allow(non_camel_case_types)]
            enum Index { $($name),+ }

            $(#[doc = concat!("The index of `", stringify!($name), "`.")]
            pub const $name: usize = Index::$name as usize;)+
        }

        /// The default of each setting that has a default.
        pub mod default {
            $($(#[doc = concat!("The default of `", stringify!($name), "`.")]
            #[must_use]
            pub const fn $name() -> type_of!($form, &'static str) {
                $default
            })?)+

            $($dependent)*
        }

        const SETTINGS: &[$crate::Setting] = &[$($crate::Setting {
            name: stringify!($name),
            doc: concat!($($doc),+),
            form: form!($form $($($range)+)?),
            reason: concat!($($reason)?),
            default: {
                let fixed: &[$crate::Value] =
                    &[$(value_of!($form $default, $crate::Value::Word($default)))?];
                if fixed.is_empty() { None } else { Some(fixed[0]) }
            },
            default_words: $words,
            advice: $advice,
        }),+];
    };
}

/// Generates the table of the module from its settings and from rules. A rule is written as
/// `subject, relation, must, reason`.
macro_rules! table {
    ($(
        $subject:ident, $relation:expr, $must:expr, $reason:expr $(, no_defaults_if $word:expr)?;
    )+) => {
        /// The settings and the rules between them.
        pub static TABLE: $crate::Table = {
            #[allow(clippy::enum_glob_use, clippy::wildcard_imports)]
            use {self::key::*, $crate::Relation::*};
            let rules = &[$($crate::Rule {
                subject: $subject,
                relation: $relation,
                must: $must,
                reason: $reason,
                no_defaults_if: &[$($word)?],
            }),+];
            $crate::Table { settings: SETTINGS, rules }
        };
    };
}

/// A callback of the table. It passes names, forms and documentation to the macro `$callback`,
/// after the tokens in `$extra`.
#[macro_export]
macro_rules! fields {
    ($callback:ident $extra:tt $(
        $(#[doc = $doc:literal])+
        $name:ident: $form:ident $(($($range:tt)+))?,
        default($($default:tt)*),
        $(reason($reason:literal),)?
        advice($advice:literal);
    )+) => {
        $callback! { $extra $($name: $form, $($doc)+;)+ }
    };
}
