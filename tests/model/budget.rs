//! Retry budgets: what they promise of a dependency's load, what holds for any sequence of operations, and threads.

mod designs;
mod properties;
mod simulation;
