//! Rule R7: budget.

mod budget_bucket;
mod budgets;
