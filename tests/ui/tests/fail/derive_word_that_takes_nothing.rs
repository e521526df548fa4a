//! A class word takes no arguments.

use resilient::Classify;

#[derive(Classify)]
#[permanent()]
enum ApiError {
    #[transient(503)]
    Server,
    #[throttled = "5s"]
    TooMany,
    Declined,
}

#[derive(Classify)]
#[answered(0)]
struct NotFound(u32);

fn main() {}
