//! The function of `#[classify(with = path)]` gets the field and returns a `Classification`.

use std::fmt;
use std::io;

use resilient::{Classification, Classify};

fn class(_: &io::Error) -> Classification {
    Classification::transient()
}

fn is_lost(_: &io::Error) -> bool {
    true
}

#[derive(Classify)]
enum ApiError {
    #[classify(with = class)]
    Format(fmt::Error),
    #[classify(with = is_lost)]
    Io(io::Error),
    #[classify(with = missing)]
    Missing(io::Error),
}

#[derive(Classify)]
#[classify(with = class)]
struct Format {
    inner: fmt::Error,
}

fn main() {}
