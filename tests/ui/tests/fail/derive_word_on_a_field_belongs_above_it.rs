//! Class words belong on variants and types, not on fields.

use std::time::Duration;

use resilient::Classify;

#[derive(Classify)]
#[transient]
enum ApiError {
    #[throttled]
    TooMany {
        #[retry_after]
        wait: Duration,
    },
    Io(#[transparent] std::io::Error, u32),
    Timeout(#[transient] u32),
}

#[derive(Classify)]
#[throttled]
struct Busy(u8, #[retry_after] Duration);

fn main() {}
