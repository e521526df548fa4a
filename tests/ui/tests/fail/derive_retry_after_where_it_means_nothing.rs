//! `retry_after` requires a class that is retried or that counts as a failure.

use std::time::Duration;

use resilient::Classify;

#[derive(Classify)]
#[ignored]
enum ApiError {
    #[answered]
    #[retry_after(0)]
    NotFound(Duration),
    #[ignored]
    #[retry_after(wait)]
    BadInput { wait: Duration },
    #[retry_after(0)]
    ByTheEnumsWord(Duration),
    #[transparent]
    #[retry_after(0)]
    Io(std::io::Error),
}

#[derive(Classify)]
#[transient]
#[retry_after(wait)]
enum OnTheEnum {
    Busy { wait: Duration },
}

fn main() {}
