//! A transparent field must implement `Classify`. A generic field is checked at its use.

use resilient::Classify;

#[derive(Classify)]
enum ApiError {
    #[transparent]
    Io(std::io::Error),
    #[transparent(source)]
    Named { source: Vec<u8>, at: u32 },
}

#[derive(Classify)]
#[transparent]
struct Wrapper(String);

#[derive(Classify)]
#[transparent]
struct Generic<E>(E);

fn main() {
    let _ = Generic(1_u8).classify();
}
