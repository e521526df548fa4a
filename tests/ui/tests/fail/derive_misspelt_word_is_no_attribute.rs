//! A misspelt word is not an attribute of the derive.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[transiet]
    Timeout,
    #[resilient::permanent]
    Declined,
}

fn main() {}
