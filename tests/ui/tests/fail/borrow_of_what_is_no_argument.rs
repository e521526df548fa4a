//! `borrow` and `clone` name arguments of the function.

use resilient::retry;

#[retry(borrow(urls), clone(boddy))]
fn call(url: &str, body: String) -> Option<String> {
    Some(body + url)
}

fn main() {}
