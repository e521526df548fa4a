//! Generates the structs and builders of settings from the table in `resilient-settings`.

mod layers;

use resilient_settings::{Broken, Settings, TextError, forget_broken};

pub(crate) use self::layers::{OverrideLayer, PartialSettings, SettingLayers};
use crate::signal::ConfigError;

/// Generates a struct from the table. The struct has an optional field for each setting of
/// `$table`, and for each `$extra` that the table does not have.
macro_rules! settings {
    (
        {
            $(#[$meta:meta])*
            pub struct $settings:ident from $table:ident $(, with $extra:ident: $extra_type:ty)?
        }
        $($name:ident: $form:ident, $($doc:literal)+;)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default)]
        #[must_use]
        pub struct $settings {
            $(pub(crate) $name: Option<::resilient_settings::type_of!($form, $form)>,)+
            $(pub(crate) $extra: Option<$extra_type>,)?
        }

        impl $settings {
            /// Settings without any value.
            #[doc(hidden)]
            pub const NONE: Self = Self { $($name: None,)+ $($extra: None,)? };

            /// Returns the settings in the form that the rules compare.
            pub(crate) const fn seen_by_rules(
                &self,
            ) -> [::resilient_settings::Given; [$(stringify!($name)),+].len()] {
                [$(match self.$name {
                    Some(value) => ::resilient_settings::Given::Value(
                        ::resilient_settings::value_of!($form value, value.value()),
                    ),
                    None => ::resilient_settings::Given::Default,
                }),+]
            }

            /// Returns each setting with its name.
            pub(crate) fn named_values(
                &self,
            ) -> impl Iterator<Item = $crate::signal::NamedValue> + use<> {
                let values = self.seen_by_rules().map(::resilient_settings::Given::value);
                [$(stringify!($name)),+].into_iter().zip(values)
            }

            /// Fills the missing settings with the settings of `other`.
            pub(crate) fn or(self, other: &Self) -> Self {
                Self {
                    $($name: self.$name.or(other.$name),)+
                    $($extra: self.$extra.or(other.$extra),)?
                }
            }
        }

        impl ::resilient_settings::Settings for $settings {
            const TABLE: &'static ::resilient_settings::Table =
                &::resilient_settings::$table::TABLE;

            fn given(&self) -> impl AsRef<[::resilient_settings::Given]> {
                self.seen_by_rules()
            }

            fn forget(&mut self, setting: usize) {
                match setting {
                    $(::resilient_settings::$table::key::$name => self.$name = None,)+
                    _ => {}
                }
            }
        }
    };
}

/// Generates setters for a struct that [`settings!`] makes. Constants can call them.
macro_rules! setters {
    (
        { $settings:ident }
        $($name:ident: $form:ident, $($doc:literal)+;)+
    ) => {
        impl $settings {
            $($(#[doc = $doc])+
            pub const fn $name(
                mut self,
                $name: ::resilient_settings::type_of!($form, $form),
            ) -> Self {
                self.$name = Some($name);
                self
            })+
        }
    };
}

/// Generates a builder around a struct that [`settings!`] makes. Its setters also accept durations
/// and shares as text. `build` reports the first text that cannot be read.
macro_rules! builder {
    (
        {
            $(#[$meta:meta])*
            pub struct $builder:ident of $settings:ident for $built:ident
        }
        $($name:ident: $form:ident, $($doc:literal)+;)+
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default)]
        #[must_use]
        pub struct $builder {
            pub(crate) settings: $settings,
            unreadable: $crate::settings::Unreadable,
        }

        impl $builder {
            $(builder!(@setter $form $name $($doc)+);)+

            /// Checks the settings.
            ///
            /// # Errors
            ///
            /// Returns a [`ConfigError`](crate::signal::ConfigError) if a setting is out of range,
            /// breaks a rule, or was given as text that cannot be read. The error names the first
            /// such setting, its value and the rule.
            pub fn build(&self) -> Result<$built, $crate::signal::ConfigError> {
                self.unreadable.check()?;
                $crate::settings::check(&self.settings)?;
                Ok(self.settings.complete())
            }

            /// Replaces each invalid setting with its default, and returns the errors.
            pub(crate) fn build_leniently(self) -> ($built, Vec<$crate::signal::ConfigError>) {
                let mut settings = self.settings;
                let errors = $crate::settings::make_valid(&mut settings);
                let errors = self.unreadable.errors().chain(errors).collect();
                (settings.complete(), errors)
            }
        }

        impl ::std::fmt::Debug for $builder {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.settings.fmt(f)
            }
        }

        impl From<$settings> for $builder {
            fn from(settings: $settings) -> Self {
                let unreadable = $crate::settings::Unreadable::default();
                Self { settings, unreadable }
            }
        }
    };
    (@setter Time $name:ident $($doc:literal)+) => { builder!(@text Time $name $($doc)+); };
    (@setter Share $name:ident $($doc:literal)+) => { builder!(@text Share $name $($doc)+); };
    (@setter Window $name:ident $($doc:literal)+) => { builder!(@text Window $name $($doc)+); };
    (@setter $form:ident $name:ident $($doc:literal)+) => {
        $(#[doc = $doc])+
        pub fn $name(mut self, $name: ::resilient_settings::type_of!($form, $form)) -> Self {
            self.settings.$name = Some($name);
            self
        }
    };
    (@text $form:ident $name:ident $($doc:literal)+) => {
        $(#[doc = $doc])+
        pub fn $name(
            mut self,
            $name: impl ::resilient_settings::IntoSetting<
                ::resilient_settings::type_of!($form, $form),
            >,
        ) -> Self {
            let value = $name.into_setting();
            self.settings.$name = self.unreadable.value(stringify!($name), value);
            self
        }
    };
}

pub(crate) use {builder, setters, settings};

/// The settings of a builder that were given as unreadable text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Unreadable(Vec<(&'static str, TextError)>);

impl Unreadable {
    /// Returns the value of a setting. If its text cannot be read, stores the error and returns
    /// `None`. If the setting is set again, the last value counts.
    pub(crate) fn value<T>(
        &mut self,
        name: &'static str,
        value: Result<T, TextError>,
    ) -> Option<T> {
        self.0.retain(|(other, _)| *other != name);
        value.map_err(|error| self.0.push((name, error))).ok()
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.errors().next().map_or(Ok(()), Err)
    }

    pub(crate) fn errors(&self) -> impl Iterator<Item = ConfigError> {
        self.0.iter().map(|(name, error)| ConfigError::of_text(name, error))
    }
}

// B15
/// Checks ranges and rules.
pub(crate) fn check<S: Settings>(settings: &S) -> Result<(), ConfigError> {
    error_of(S::TABLE.first_broken(settings.given().as_ref()))
}

/// Checks incomplete settings, which other settings will complete. A rule about a setting that is
/// not given is not checked.
pub(crate) fn check_part<S: Settings>(settings: &S) -> Result<(), ConfigError> {
    error_of(S::TABLE.first_broken_of_part(settings.given().as_ref()))
}

/// Resets each invalid setting to its default, and returns the errors.
pub(crate) fn make_valid(settings: &mut impl Settings) -> Vec<ConfigError> {
    let broken = forget_broken(settings).into_iter();
    broken.map(ConfigError::from).collect()
}

fn error_of(broken: Option<Broken>) -> Result<(), ConfigError> {
    broken.map_or(Ok(()), |broken| Err(broken.into()))
}

#[cfg(test)]
mod tests {
    use resilient_settings::{Value, breaker, retry};

    use crate::breaker::AbandonedOutcome;
    use crate::retry::{Backoff, Jitter, RetryPolicy, WhenOpen};

    #[test]
    fn the_defaults_of_enums_are_those_of_the_table() {
        let abandoned = AbandonedOutcome::default().value();
        assert_eq!(abandoned, Value::Word(breaker::default::abandoned()));
        let default = RetryPolicy::DEFAULT;
        let (backoff, jitter) = (Backoff::default().value(), Jitter::default().value());
        assert_eq!(backoff, Value::Word(retry::default::backoff()));
        assert_eq!(jitter, Value::Word(retry::default::jitter()));
        let when_open = WhenOpen::default().value();
        assert_eq!(when_open, Value::Word(retry::default::when_open()));
        assert_eq!(default.backoff.value(), backoff);
        assert_eq!((default.jitter.value(), default.when_open.value()), (jitter, when_open));
    }

    #[test]
    fn every_word_of_the_table_names_a_variant() {
        for word in retry::TABLE.settings[retry::key::backoff].words() {
            assert_eq!(word.parse().map(Backoff::value), Ok(Value::Word(word)));
        }
        for word in retry::TABLE.settings[retry::key::jitter].words() {
            assert_eq!(word.parse().map(Jitter::value), Ok(Value::Word(word)));
        }
        assert_eq!("20%".parse(), Ok(Jitter::Proportional(0.2)));
        let error = "some".parse::<Jitter>().expect_err("no jitter");
        assert!(error.to_string().contains("`smooth`"), "{error}");
    }
}
