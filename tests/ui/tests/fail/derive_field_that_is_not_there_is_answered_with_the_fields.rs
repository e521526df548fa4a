//! If `retry_after` or `transparent` names an unknown field, the message lists the fields.

use std::time::Duration;

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[throttled]
    #[retry_after(waits)]
    Named { wait: Duration, r#type: u8 },
    #[throttled]
    #[retry_after(1)]
    Tuple(Duration),
    #[throttled]
    #[retry_after(0)]
    Index { wait: Duration },
    #[throttled]
    #[retry_after(wait)]
    Unit,
    #[transparent(source)]
    Inner(std::io::Error),
    #[throttled]
    #[retry_after]
    Bare(Duration),
    #[throttled]
    #[retry_after()]
    Empty { wait: Duration },
    #[throttled]
    #[retry_after("wait")]
    Quoted { wait: Duration },
    #[throttled]
    #[retry_after = "5s"]
    Value { wait: Duration },
    #[throttled]
    #[retry_after(self.wait)]
    Expression { wait: Duration },
    #[throttled]
    #[retry_after(0usize)]
    Suffix(Duration),
    #[transparent(a, b)]
    Two { a: u8, b: u8 },
}

#[derive(Classify)]
#[transient]
#[retry_after(waits)]
struct Down {
    wait: Duration,
}

fn main() {}
