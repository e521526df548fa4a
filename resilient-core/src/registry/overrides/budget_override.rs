//! An operator's override of one retry budget.

use crate::retry::BudgetConfigBuilder;

/// An operator's override of one retry budget. It wins over the code.
///
/// ```
/// use resilient_core::registry::{BudgetOverride, Registry};
/// use resilient_core::retry::BudgetConfig;
///
/// let registry = Registry::new();
/// let payments = registry.get_or_register_budget("payments", BudgetConfig::default());
/// registry.override_budget("payments", BudgetConfig::builder().capacity(20))?;
/// assert_eq!((payments.config().capacity(), payments.tokens()), (20, 20));
/// # Ok::<(), resilient_core::registry::OverrideError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BudgetOverride {
    /// Settings that win over the settings in the code.
    pub settings: BudgetConfigBuilder,
}

impl From<BudgetConfigBuilder> for BudgetOverride {
    fn from(settings: BudgetConfigBuilder) -> Self {
        Self { settings }
    }
}
