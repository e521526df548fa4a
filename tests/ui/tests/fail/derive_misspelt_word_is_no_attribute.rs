//! A misspelt class word is an unknown attribute.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[transiet]
    Timeout,
    #[resilient::permanent]
    Declined,
}

fn main() {}
