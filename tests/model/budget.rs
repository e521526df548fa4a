//! Retry budgets: simulated load on a dependency, properties of random operations, and threads.

mod designs;
mod properties;
mod simulation;
