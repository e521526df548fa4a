//! Rule R7: retry budgets.

mod budget_bucket;
mod budgets;
