//! An operator's override of a retry, as the calls read it.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use resilient_settings::{Given, Settings, Value, limits};

use crate::retry::policy::{RetryPolicy, RetrySettings};
use crate::settings::{PartialSettings, check, check_part};
use crate::signal::{
    ConfigError, NamedValue, SettingOrigins, SettingValues, SettingsInForce, given_bits,
};

/// The number of the settings of a policy. The numbers of the time limits follow.
const SETTINGS: usize = RetrySettings::TABLE.settings.len();
/// The numbers of the time limits.
const DEADLINE: usize = SETTINGS;
const ATTEMPT_TIMEOUT: usize = SETTINGS + 1;

/// The settings of an operator's override. They win over the settings of each call.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RetryOverlay {
    /// The settings. A maximum of attempts is in `max_retries`, so that it replaces, and is
    /// replaced by, a maximum of retries.
    pub(crate) settings: RetrySettings,
    pub(crate) deadline: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    /// The tables of the settings. `None` if no override applies.
    pub(crate) origins: Option<SettingOrigins>,
}

impl PartialSettings for RetryOverlay {
    fn number(setting: &str) -> Option<usize> {
        let limit = |limit: usize| limits::TABLE.settings[limit].name;
        match setting {
            _ if setting == limit(limits::key::deadline) => Some(DEADLINE),
            _ if setting == limit(limits::key::attempt_timeout) => Some(ATTEMPT_TIMEOUT),
            _ => RetrySettings::TABLE.names().position(|name| name == setting),
        }
    }

    fn given(&self) -> u32 {
        let bit = |is_given: bool, setting: usize| u32::from(is_given) << setting;
        given_bits(&self.settings)
            | bit(self.deadline.is_some(), DEADLINE)
            | bit(self.attempt_timeout.is_some(), ATTEMPT_TIMEOUT)
    }

    fn or(self, other: &Self) -> Self {
        Self {
            settings: self.settings.or(&other.settings),
            deadline: self.deadline.or(other.deadline),
            attempt_timeout: self.attempt_timeout.or(other.attempt_timeout),
            origins: self.origins,
        }
    }
}

impl RetryOverlay {
    /// Makes an override of these settings.
    pub(crate) fn new(
        settings: RetrySettings,
        deadline: Option<Duration>,
        attempt_timeout: Option<Duration>,
    ) -> Self {
        let retries = settings.max_attempts.map(|attempts| attempts.saturating_sub(1));
        let settings = RetrySettings {
            max_retries: settings.max_retries.or(retries),
            max_attempts: None,
            ..settings
        };
        Self { settings, deadline, attempt_timeout, origins: None }
    }

    /// Returns the settings that the code of a policy gives, as the lowest layer.
    pub(crate) fn of_code(policy: &RetryPolicy) -> Self {
        Self::new(policy.given_values(), None, None)
    }

    /// Checks an override without the code.
    pub(crate) fn check_part(&self) -> Result<(), ConfigError> {
        check_part(&self.settings)?;
        self.check_limits()
    }

    /// Checks the settings of the code with an override applied.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check(&self.settings)?;
        self.check_limits()
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let mut given = vec![Given::Default; limits::TABLE.settings.len()];
        for (limit, time) in [
            (limits::key::deadline, self.deadline),
            (limits::key::attempt_timeout, self.attempt_timeout),
        ] {
            given[limit] = time.map_or(Given::Default, |time| Given::Value(Value::Time(time)));
        }
        let broken = limits::TABLE.first_broken_of_part(&given);
        broken.map_or(Ok(()), |broken| Err(broken.into()))
    }

    /// Returns the policy of a call under this override. A setting that contradicts the code is
    /// replaced with its default, and returned as an error.
    pub(crate) fn over(&self, policy: &RetryPolicy) -> (RetryPolicy, Vec<ConfigError>) {
        let (mut policy, errors, seed) = {
            let (over, errors) = self.settings.over(policy).build_leniently();
            (over, errors, policy.seed)
        };
        policy.seed = seed;
        (policy, errors)
    }

    /// Returns whether a call must know the override when it starts, and not only after a failure.
    pub(super) fn concerns_start(&self) -> bool {
        self.settings.max_elapsed.is_some()
            || self.deadline.is_some()
            || self.attempt_timeout.is_some()
    }

    /// Returns the deadline and the attempt timeout of a call whose code gives `own`. A limit
    /// applies only where the code has declared it, because only then the output of the call can
    /// hold a [`TimedOut`](crate::retry::TimedOut).
    pub(super) fn limits(
        &self,
        declared: DeclaredLimits,
        own: [Option<Duration>; 2],
    ) -> [Option<Duration>; 2] {
        [
            self.deadline.filter(|_| declared.deadline).or(own[0]),
            self.attempt_timeout.filter(|_| declared.attempt_timeout).or(own[1]),
        ]
    }
}

/// Returns the settings of the code at `place` under an override, with their origins. If each call
/// gives its policy, `policy` is `None`, and only the settings of the override have values.
pub(crate) fn settings_in_force(
    policy: Option<&RetryPolicy>,
    overlay: Option<&RetryOverlay>,
    place: &'static Location<'static>,
) -> SettingsInForce {
    let of_code = SettingOrigins::of_code(place);
    let origins = overlay.and_then(|overlay| overlay.origins.as_ref());
    let origins = origins.map_or(of_code, |origins| origins.with_code(place));
    let given = policy.unwrap_or(&RetryPolicy::DEFAULT);
    let config = RetryInForce {
        policy: overlay.map_or_else(|| given.clone(), |overlay| overlay.over(given).0),
        unknown: match policy {
            Some(_) => 0,
            // A maximum of attempts is shown as a maximum of retries.
            None => !(overlay.map_or(0, PartialSettings::given) | bit_of_max_attempts()),
        },
        deadline: overlay.and_then(|overlay| overlay.deadline),
        attempt_timeout: overlay.and_then(|overlay| overlay.attempt_timeout),
    };
    SettingsInForce::new(Arc::new(config), origins)
}

fn bit_of_max_attempts() -> u32 {
    RetryOverlay::number("max_attempts").map_or(0, |setting| 1 << setting)
}

#[derive(Debug)]
struct RetryInForce {
    policy: RetryPolicy,
    /// A bit for each setting whose value only the calls know.
    unknown: u32,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
}

impl SettingValues for RetryInForce {
    fn values(&self) -> Vec<NamedValue> {
        let limit = |limit: usize, time: Option<Duration>| {
            (limits::TABLE.settings[limit].name, time.map(Value::Time))
        };
        let values = self.policy.values();
        let is_known = |setting: usize| self.unknown & (1 << setting) == 0;
        let known = values.named_values().enumerate().map(|(setting, (name, value))| {
            let value = value.filter(|_| is_known(setting));
            (name, value)
        });
        let mut values: Vec<_> = known.collect();
        values.push(limit(limits::key::deadline, self.deadline));
        values.push(limit(limits::key::attempt_timeout, self.attempt_timeout));
        values
    }

    fn given(&self) -> u32 {
        // Each call gives its time limits, or leaves them away.
        let of_calls = self.unknown | 1 << DEADLINE | 1 << ATTEMPT_TIMEOUT;
        given_bits(&self.policy.given_values()) | of_calls
    }
}

/// The time limits that the code of a retry declares. Only these can be overridden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DeclaredLimits {
    pub(crate) deadline: bool,
    pub(crate) attempt_timeout: bool,
}
