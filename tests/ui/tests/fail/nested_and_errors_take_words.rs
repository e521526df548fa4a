//! `nested` and `errors` accept only certain words.

use resilient::retry;

#[retry(nested = colapse)]
fn misspelt() -> Option<u32> {
    None
}

#[retry(errors = "all")]
fn quoted() -> Option<u32> {
    None
}

#[retry(nested = 3, errors = every)]
fn others() -> Option<u32> {
    None
}

fn main() {}
