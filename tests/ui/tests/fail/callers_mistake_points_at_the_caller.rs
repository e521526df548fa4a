//! The annotated function keeps its signature, so mistakes of callers are reported at the callers.

use resilient::{circuit_breaker, retry};

#[retry]
#[circuit_breaker]
async fn call(number: u32, text: String) -> Option<u32> {
    Some(number + text.len() as u32)
}

async fn caller() {
    let wrong: Option<String> = call(1, String::new()).await;
    call("one", String::new()).await;
    call(1).await;
    call(1, String::new()).unwrap();
}

fn main() {
    drop(caller());
}
