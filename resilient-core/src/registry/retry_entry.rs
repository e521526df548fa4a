//! The entry of a name of retries, and what code declares under the name.

use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::declared::Hold;
use crate::retry::{DeclaredLimits, NamedRetry, RetryOverlay, RetryPolicy, RetryRecord};
use crate::settings::PartialSettings;
use crate::signal::{ConfigError, Name, SettingsChange};

/// The most settings that a name remembers of its code. Further ones are checked at their calls.
const MOST_DECLARED: usize = 32;

/// How long a leased name without handles stays in the registry after its last failure.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);

/// A registered name of retries.
#[derive(Debug)]
pub(super) struct RetryEntry {
    pub(super) record: Arc<RetryRecord>,
    /// The different settings of code under this name, in the order of registration.
    pub(super) declared: Vec<DeclaredRetry>,
    pub(super) hold: Hold,
}

/// What code declares about a retry.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredRetry {
    /// The policy, or `None` if each call gives one.
    pub(crate) policy: Option<RetryPolicy>,
    pub(crate) limits: DeclaredLimits,
    pub(crate) place: &'static Location<'static>,
}

impl DeclaredRetry {
    #[track_caller]
    pub(super) fn by_hand(policy: &RetryPolicy) -> Self {
        // A call declares its time limits itself.
        let limits = DeclaredLimits { deadline: true, attempt_timeout: true };
        Self { policy: Some(policy.clone()), limits, place: Location::caller() }
    }

    /// Returns what the code gives, as the lowest layer. If each call gives a policy, this is
    /// nothing.
    pub(super) fn layer(&self) -> RetryOverlay {
        self.policy.as_ref().map(RetryOverlay::of_code).unwrap_or_default()
    }

    /// Checks an override against these settings.
    pub(super) fn check(&self, overlay: &RetryOverlay) -> Result<(), ConfigError> {
        self.check_merged(&overlay.clone().or(&self.layer()))
    }

    /// Checks an override that was merged with these settings.
    pub(super) fn check_merged(&self, merged: &RetryOverlay) -> Result<(), ConfigError> {
        if self.policy.is_some() { merged.check() } else { merged.check_part() }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.policy == other.policy && self.limits == other.limits
    }
}

impl RetryEntry {
    pub(super) fn declare(&mut self, declared: DeclaredRetry) {
        if !self.knows(&declared) && self.declared.len() < MOST_DECLARED {
            self.declared.push(declared);
        }
    }

    fn knows(&self, declared: &DeclaredRetry) -> bool {
        self.declared.iter().any(|known| known.is_like(declared))
    }

    /// Returns the record if a registration of this code would change nothing.
    pub(super) fn known(&self, declared: &DeclaredRetry, hold: Hold) -> Option<Arc<RetryRecord>> {
        let changes_nothing = self.hold >= hold && self.knows(declared);
        changes_nothing.then(|| Arc::clone(&self.record))
    }

    pub(super) fn is_leased(&self) -> bool {
        self.hold <= Hold::Lease
    }

    /// Returns whether no handle and no call uses the name, and its last failure is old. During the
    /// call, no other thread may look the name up.
    pub(super) fn is_unused(&mut self, now: Instant) -> bool {
        Arc::get_mut(&mut self.record).is_some()
            && self
                .record
                .last_failure()
                .is_none_or(|failure| now.saturating_duration_since(failure.at) >= REMEMBERED_FOR)
    }

    /// Sets or clears the override. Returns the settings whose values changed for the first code
    /// that was registered.
    pub(super) fn reconfigure(&self, overlay: Option<&RetryOverlay>) -> Option<SettingsChange> {
        let retry = self.handle();
        let old = self.record.overlay();
        if !self.record.reconfigure(overlay) {
            return None;
        }
        let old = retry.settings_under(old.as_deref());
        let change = retry.settings_under(overlay).changes_since(&old);
        (!change.is_empty()).then_some(change)
    }

    pub(super) fn handle(&self) -> NamedRetry {
        let with_policy = self.declared.iter().find(|declared| declared.policy.is_some());
        let first = with_policy.or(self.declared.first());
        let place = first.map_or_else(Location::caller, |first| first.place);
        let record = Arc::clone(&self.record);
        match first.and_then(|first| first.policy.clone()) {
            Some(policy) => NamedRetry::new(policy, place, record),
            None => NamedRetry::given_by_calls(place, record),
        }
    }
}

/// The registration of a retry by code.
#[derive(Debug)]
pub(crate) struct RetryRegistration {
    pub(crate) name: Name,
    /// Whether the code gave the name. Other code may share a given name.
    pub(crate) is_given: bool,
    pub(crate) declared: DeclaredRetry,
    pub(crate) hold: Hold,
}
