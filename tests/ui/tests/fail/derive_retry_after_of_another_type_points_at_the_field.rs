//! The field of `retry_after` is a duration or an `Option` of a duration.

use std::time::Duration;

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[throttled]
    #[retry_after(seconds)]
    Number { seconds: u64 },
    #[throttled]
    #[retry_after(0)]
    Text(std::string::String, Duration),
    #[throttled]
    #[retry_after(0)]
    Nested(Option<Option<Duration>>),
}

#[derive(Classify)]
#[transient]
#[retry_after(wait)]
struct Down {
    wait: Vec<Duration>,
}

#[derive(Classify)]
#[transient]
#[retry_after(0)]
struct Generic<T>(T);

fn main() {}
