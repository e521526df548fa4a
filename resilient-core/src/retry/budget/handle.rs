//! The shared budget.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::bucket::Bucket;
use super::config::BudgetConfig;
use super::counts::Counters;
use super::reservation::Reservation;
use super::shared_budget::SharedBudget;
use super::snapshot::BudgetSnapshot;
use crate::platform::{Mutex, MutexGuard};
use crate::signal::Name;

/// A bucket of tokens that all retries against one dependency are paid from. Clones are handles of the same one.
///
/// Retries help while failures are rare, and make an outage worse: with three of them, four times the demand. A budget
/// tells the two apart: successes fill it, retries empty it, and on an empty one a call ends with the error that it has.
/// That is worth something only if all calls to a dependency share one budget; so budgets have names, and a
/// [`Registry`](crate::registry::Registry) keeps them beside the breakers.
///
/// ```
/// use resilient_core::retry::{BudgetConfig, RetryBudget};
///
/// let budget = RetryBudget::new("payments", BudgetConfig::builder().capacity(20).initial_tokens(10).build()?);
///
/// let first = budget.try_reserve().unwrap(); // a call failed, and will sleep now
/// let second = budget.try_reserve().unwrap(); // another one
/// assert!(budget.try_reserve().is_none()); // a third one ends here, with its error
///
/// drop(second); // cancelled in its sleep
/// assert_eq!(budget.tokens(), 5);
/// first.spend(); // the first one's attempt starts …
/// budget.succeeded(true); // … and succeeds: its cost comes back
/// budget.succeeded(false); // a call that needed no retry brings a token
/// assert_eq!(budget.tokens(), 11);
/// # Ok::<(), resilient_core::signal::ConfigError>(())
/// ```
///
/// # The rule
///
/// - A retry takes `retry_cost` tokens (5) before its sleep. Where there are fewer, there is no retry.
/// - A call that is cancelled in that sleep gives them back; one whose attempt starts has spent them.
/// - If that attempt succeeds, it brings them back: a call that needed several retries has paid for all but the last.
/// - A call that succeeds at its first attempt brings `deposit` (1).
/// - The bucket holds `capacity` (500) at most, and starts at `initial_tokens` (50).
///
/// No time is in it, so it needs no clock: what fills it is success, at whatever pace.
///
/// # Why this one
///
/// It is the bucket of the AWS SDKs' standard mode but for the start. A hundred thousand calls, three retries at most; in
/// each cell the share of calls that succeed in the end, and the load as a multiple of the demand, by the share of attempts
/// that fail. One client has made all calls, but for the last line.
///
/// | attempts that fail | no budget | this one | the same, full at the start | gRPC | 20 % of the calls |
/// |---|---|---|---|---|---|
/// | 10 % | 100.0 % / 1.11 | 100.0 % / 1.11 | 100.0 % / 1.11 | 91.9 % / 1.02 | 100.0 % / 1.11 |
/// | 30 % | 99.2 % / 1.42 | 99.2 % / 1.42 | 99.2 % / 1.42 | 70.2 % / 1.00 | 84.1 % / 1.20 |
/// | 50 % | 93.8 % / 1.88 | 60.1 % / 1.20 | 60.2 % / 1.20 | 50.1 % / 1.00 | 60.1 % / 1.20 |
/// | 90 % | 34.2 % / 3.44 | 10.2 % / 1.02 | 10.2 % / 1.02 | 9.9 % / 1.00 | 12.0 % / 1.20 |
/// | 100 % | 0.0 % / 4.00 | 0.0 % / 1.00 | 0.0 % / 1.00 | 0.0 % / 1.00 | 0.0 % / 1.20 |
/// | 100 %, of 1 000 clients | 0.0 % / 4.00 | 0.0 % / 1.10 | 0.0 % / 2.00 | 0.0 % / 1.03 | 0.0 % / 1.20 |
///
/// gRPC's rule (ten tokens, a success brings a tenth, no retry below half) all but forbids retries where one attempt in ten
/// fails for long; a share of the calls helps little where three in ten do. This one gives up hardly any success up to
/// there. When everything fails, each of them stops the flood, but a bucket that starts full gives each of many
/// short-lived clients a hundred retries: twice the demand. To start at a tenth makes no difference to a client that
/// lives: a healthy one has filled its bucket after 450 calls. Where clients live for a hundred calls only, it costs
/// success from four failed attempts in ten on: there the dependency is in trouble.
///
/// The price against a share of the calls: it promises nothing about the load while retries succeed. That is 1.42 times
/// the demand at 30 %, where the successes still pay for it. And a full bucket is a hundred retries that each process makes
/// at the beginning of an outage, once: a fleet of very many processes wants a smaller `capacity`.
///
/// # Concurrency
///
/// All of it may be called from any number of threads. Reserving, giving back and depositing take no lock, and no token is
/// granted twice or lost. On the path of a call that succeeds at once with the bucket full, there is one load and no
/// write. A success that ends at the very time of a reservation may still see the bucket full, and bring nothing: as if it
/// had ended just before.
#[derive(Clone)]
pub struct RetryBudget(Arc<SharedBudget>);

impl RetryBudget {
    /// Makes a budget outside every registry. See
    /// [`Registry::get_or_register_budget`](crate::registry::Registry::get_or_register_budget) for one that is
    /// shared by its name.
    #[must_use]
    pub fn new(name: impl Into<String>, config: BudgetConfig) -> Self {
        Self::with_name(Name::from(name.into()), config)
    }

    pub(crate) fn with_name(name: Name, config: BudgetConfig) -> Self {
        Self(Arc::new(SharedBudget {
            name,
            bucket: Bucket::new(&config),
            counts: Counters::new(),
            settings: Mutex::new(config),
        }))
    }

    /// The budget's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Takes the cost of a retry, to be [spent](Reservation::spend) when its attempt starts. `None` if
    /// there are fewer tokens: then the call should end with its present error.
    #[must_use]
    pub fn try_reserve(&self) -> Option<Reservation> {
        let Some(cost) = self.0.bucket.take() else {
            self.0.counts.refused.count();
            return None;
        };
        self.0.counts.granted.count();
        Some(Reservation::new(Arc::clone(&self.0), cost))
    }

    /// A call succeeded. `paid` says whether this budget paid for its last attempt: then the cost of one
    /// retry returns; otherwise the deposit is added.
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

    /// How many tokens the bucket holds now.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.0.bucket.level().tokens
    }

    /// The present settings.
    #[must_use]
    pub fn config(&self) -> BudgetConfig {
        *self.settings()
    }

    /// The budget's tokens, settings and counts now.
    #[must_use]
    pub fn snapshot(&self) -> BudgetSnapshot {
        let counts = self.0.counts.get();
        let settings = self.settings();
        let level = self.0.bucket.level();
        BudgetSnapshot {
            name: self.name().to_owned(),
            tokens: level.tokens,
            capacity: level.capacity,
            settings: *settings,
            counts,
        }
    }

    /// Applies these settings; the tokens stay, as far as they fit. Returns whether anything changed.
    pub(crate) fn reconfigure(&self, config: BudgetConfig) -> bool {
        let mut settings = self.settings();
        let changes = *settings != config;
        if changes {
            self.0.bucket.reconfigure(&config, 0);
        }
        *settings = config;
        changes
    }

    /// Replaces assumed defaults by these settings: the budget has as many tokens as if it had started
    /// with them. Returns whether anything changed.
    pub(crate) fn replace_assumed(&self, config: BudgetConfig) -> bool {
        let mut settings = self.settings();
        let changes = *settings != config;
        if changes {
            let more = i64::from(config.initial_tokens()) - i64::from(settings.initial_tokens());
            self.0.bucket.reconfigure(&config, more);
        }
        *settings = config;
        changes
    }

    /// Whether both are handles of one budget.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn shared_name(&self) -> Name {
        self.0.name.clone()
    }

    fn settings(&self) -> MutexGuard<'_, BudgetConfig> {
        self.0
            .settings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
