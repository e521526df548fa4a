//! The settings of a breaker: the builder, and the checked settings.

mod builder;
mod checked;

pub use resilient_settings::Window;

pub use self::builder::BreakerConfigBuilder;
#[cfg(feature = "serde")]
pub(crate) use self::builder::BreakerSettings;
pub(crate) use self::checked::Conditions;
pub use self::checked::{AbandonedOutcome, BreakerConfig};
