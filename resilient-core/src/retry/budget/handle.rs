//! The public handle of a retry budget.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError};

use super::bucket::{Bucket, Level};
use super::config::{BudgetConfig, LiveBudgetSettings};
use super::counts::Counters;
use super::reservation::Reservation;
use super::shared_budget::SharedBudget;
use super::snapshot::BudgetSnapshot;
use crate::platform::{Mutex, MutexGuard};
use crate::signal::{Name, SettingsChange, SettingsInForce};
use crate::telemetry::BudgetWatch;

// R7: the budget caps the retries to one dependency.
/// A bucket of tokens that pays for all retries to one dependency.
///
#[doc = include_str!("budget.md")]
#[derive(Clone)]
pub struct RetryBudget(Arc<SharedBudget>);

impl RetryBudget {
    /// Makes a budget that is in no registry. To share a budget by its name, use
    /// [`Registry::get_or_register_budget`](crate::registry::Registry::get_or_register_budget).
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>, config: BudgetConfig) -> Self {
        let settings = LiveBudgetSettings::of_code(config, Location::caller());
        Self::with_name(Name::from(name.into()), settings)
    }

    pub(crate) fn with_name(name: Name, settings: LiveBudgetSettings) -> Self {
        Self(Arc::new(SharedBudget {
            name,
            bucket: Bucket::new(&settings.config),
            counts: Counters::default(),
            watch: BudgetWatch::default(),
            settings: Mutex::new(settings),
        }))
    }

    /// Returns the name of the budget.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Takes the cost of a retry. [Spend](Reservation::spend) the reservation when the attempt
    /// starts. Returns `None` if there are too few tokens; the call should then end with its last
    /// error.
    #[must_use]
    pub fn try_reserve(&self) -> Option<Reservation> {
        let Some(cost) = self.0.bucket.take() else {
            self.0.counts.refused.count();
            let bucket = &self.0.bucket;
            let prices = || (bucket.level().capacity, bucket.retry_cost());
            self.0.watch.refused(self.name(), prices);
            return None;
        };
        self.0.counts.granted.count();
        self.0.watch.granted(self.name(), cost, || {
            let Level { tokens, capacity } = self.0.bucket.level();
            (tokens, capacity)
        });
        Some(Reservation::new(Arc::clone(&self.0), cost))
    }

    /// Records that a call succeeded. If this budget paid for the last attempt (`paid`), the cost
    /// of one retry returns to the bucket; otherwise the deposit is added.
    #[inline]
    pub fn succeeded(&self, paid: bool) {
        if paid {
            self.refund();
        } else {
            let level = self.0.bucket.level();
            if level.tokens < level.capacity {
                self.deposit();
            }
        }
    }

    #[cold]
    fn refund(&self) {
        self.0.bucket.put(self.0.bucket.retry_cost());
        self.0.counts.refunded.count();
    }

    #[cold]
    fn deposit(&self) {
        if self.0.bucket.put(self.0.bucket.deposit()) {
            self.0.counts.deposited.count();
        }
    }

    /// Returns the number of tokens that the bucket holds now.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.0.bucket.level().tokens
    }

    /// Returns the current settings.
    #[must_use]
    pub fn config(&self) -> BudgetConfig {
        self.settings().config
    }

    /// Returns each present setting with its value and its origin: an override, the code, or the
    /// library.
    #[must_use]
    pub fn settings_with_origin(&self) -> SettingsInForce {
        self.settings().with_origin()
    }

    /// Returns the current tokens, settings and counts of the budget.
    #[must_use]
    pub fn snapshot(&self) -> BudgetSnapshot {
        let counts = self.0.counts.get();
        let settings = self.settings();
        let level = self.0.bucket.level();
        BudgetSnapshot {
            name: self.name().to_owned(),
            tokens: level.tokens,
            capacity: level.capacity,
            settings: settings.config,
            settings_with_origin: settings.with_origin(),
            counts,
        }
    }

    /// Applies these settings. The bucket keeps its tokens up to the new capacity. A budget that
    /// was off, with the capacity zero, starts with its initial tokens. Returns the settings whose
    /// values changed.
    pub(crate) fn reconfigure(&self, settings: LiveBudgetSettings) -> Option<SettingsChange> {
        let initial = i64::from(settings.config.initial_tokens());
        self.change_settings(settings, |present| if present.is_off() { initial } else { 0 })
    }

    /// Replaces the defaults, which applied because no code had given settings, with these
    /// settings. The budget then has as many tokens as if it had started with these settings.
    /// Returns the settings whose values changed.
    pub(crate) fn replace_assumed(&self, settings: LiveBudgetSettings) -> Option<SettingsChange> {
        let initial = i64::from(settings.config.initial_tokens());
        self.change_settings(settings, |present| initial - i64::from(present.initial_tokens()))
    }

    fn change_settings(
        &self,
        new: LiveBudgetSettings,
        more: impl Fn(&BudgetConfig) -> i64,
    ) -> Option<SettingsChange> {
        let mut settings = self.settings();
        let old = std::mem::replace(&mut *settings, new);
        if old.config == settings.config {
            return None;
        }
        self.0.bucket.reconfigure(&settings.config, more(&old.config));
        Some(settings.with_origin().changes_since(&old.with_origin()))
    }

    // R7
    /// Returns whether an override has switched the retries off, with the capacity zero.
    pub(crate) fn is_off(&self) -> bool {
        self.0.bucket.level().capacity == 0
    }

    /// Returns whether nothing else shares this budget, neither a handle nor a reservation. During
    /// the call, no other thread may clone this handle.
    pub(crate) fn is_only_handle(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some()
    }

    /// Returns whether nothing else shares this budget, neither a handle nor a reservation, and the
    /// bucket holds at least its initial tokens. During the call, no other thread may clone this
    /// handle.
    pub(crate) fn is_unused(&mut self) -> bool {
        Arc::get_mut(&mut self.0).is_some() && self.tokens() >= self.config().initial_tokens()
    }

    /// Returns whether both handles refer to the same budget.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn shared_name(&self) -> Name {
        self.0.name.clone()
    }

    fn settings(&self) -> MutexGuard<'_, LiveBudgetSettings> {
        let settings = self.0.settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.0.bucket.level();
        f.debug_struct("RetryBudget")
            .field("name", &self.0.name)
            .field("tokens", &level.tokens)
            .field("capacity", &level.capacity)
            .finish()
    }
}
