//! Rule R7: retry budgets limit retries.

mod budget_bucket;
mod budgets;
mod throttled;
