//! `#[classify(with = path)]` classifies the only field of a variant or a struct.

use std::io;
use std::time::Duration;

use resilient::{Classification, Classify};

fn class(_: &io::Error) -> Classification {
    Classification::transient()
}

#[derive(Classify)]
enum ApiError {
    #[classify(with = class)]
    NoField,
    #[classify(with = class)]
    Two(io::Error, u32),
    #[classify(with = class)]
    #[transient]
    WithAWord(io::Error),
    #[transparent]
    #[classify(with = class)]
    Transparent(io::Error),
    #[classify(with = class)]
    #[classify(with = class)]
    Twice(io::Error),
    #[classify(with = class)]
    #[retry_after(0)]
    WithAHint(Duration),
    OnTheField(#[classify(with = class)] io::Error),
    #[classify(crate = ::resilient)]
    #[transient]
    Runtime(io::Error),
}

#[derive(Classify)]
enum NotAPath {
    #[classify(with = |error| class(error))]
    Closure(io::Error),
    #[classify(with = "class")]
    Quoted(io::Error),
    #[classify(with)]
    NoValue(io::Error),
    #[classify(with = class, crate = ::resilient)]
    More(io::Error),
    #[classify(class)]
    #[transient]
    NoKey(io::Error),
}

#[derive(Classify)]
#[classify(with = class)]
enum OnTheEnum {
    Io(io::Error),
}

#[derive(Classify)]
#[classify(with = class)]
struct NoField;

fn main() {}
