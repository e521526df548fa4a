//! A variant has only one class word. The error is at the second word.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[transient]
    #[throttled]
    TooMany,
    #[transparent]
    #[permanent]
    Io(std::io::Error),
    #[ignored]
    #[ignored]
    BadInput,
    #[transient]
    #[retry_after(0)]
    #[retry_after(1)]
    Busy(std::time::Duration, std::time::Duration),
}

#[derive(Classify)]
#[permanent]
#[transient]
enum Default {
    One,
    Two,
}

#[derive(Classify)]
#[permanent]
#[answered]
struct Single;

fn main() {}
