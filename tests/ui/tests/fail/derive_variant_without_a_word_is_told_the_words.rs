//! A variant without a word, on an enum without one, is told which words there are; so is a struct.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    Timeout,
    #[transient]
    Reset,
    Declined(u32),
    r#Raw {
        code: u32,
    },
}

#[derive(Classify)]
struct Down;

#[derive(Classify)]
#[retry_after(0)]
struct Busy(std::time::Duration);

fn main() {}
