//! A mark of a conversion belongs on one variant with one field. The errors point at the marks.

use std::time::Duration;

use resilient::{CircuitOpen, Classify, TimedOut, circuit_breaker};

#[derive(Debug, Classify)]
enum Twice {
    #[circuit_open]
    Open(CircuitOpen),
    #[circuit_open]
    Closed(CircuitOpen),
}

#[derive(Classify)]
enum Unit {
    #[circuit_open]
    Open,
    #[timed_out]
    Late,
}

#[derive(Classify)]
enum More {
    #[timed_out]
    Late { limit: TimedOut, host: String },
}

#[derive(Classify)]
#[circuit_open]
enum Whole {
    #[circuit_open("rejected")]
    #[timed_out]
    #[timed_out]
    Both(Box<TimedOut>),
    #[transient]
    Reset(#[timed_out] TimedOut),
}

#[derive(Classify)]
enum Hint {
    #[timed_out]
    #[retry_after(0)]
    Late(Duration),
}

#[derive(Classify)]
#[timed_out]
struct Nothing;

// The type still converts, so this function causes no further error.
#[circuit_breaker]
async fn call() -> Result<(), Twice> {
    Ok(())
}

fn main() {}
