//! All wrong class words are reported. The type still implements `Classify`, so its uses compile.

use resilient::{Classification, Classify, retry};

#[derive(Debug, Classify)]
enum ApiError<'a, T: Clone, const N: usize = 1>
where
    T: Copy,
{
    Timeout(&'a T),
    #[transient]
    #[throttled]
    TooMany([u8; N]),
    #[throttled]
    #[retry_after(wait)]
    Busy,
    #[transparent]
    Io(#[permanent] u8, u8),
}

#[derive(Debug, Classify)]
#[transparent]
struct Wrapper<'a>(ApiError<'a, u8>);

#[retry]
async fn call() -> Result<u32, Wrapper<'static>> {
    Err(Wrapper(ApiError::Timeout(&1)))
}

fn class(error: &Wrapper<'_>) -> Classification {
    error.classify()
}

fn main() {
    let _ = (call(), class(&Wrapper(ApiError::Busy)));
}
