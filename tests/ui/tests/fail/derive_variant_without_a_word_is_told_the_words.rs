//! If neither the variant nor the type has a class word, the message lists the class words.

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
