//! An error that is not `Send` is dropped before the sleep, so that the future is still `Send`.

use std::error::Error;

use resilient::retry;

#[retry(max_retries = 1, base_delay = "0s")]
async fn call() -> Result<u32, Box<dyn Error>> {
    Err("failed".into())
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn runs() {
    assert_eq!(sendable(call()).await.unwrap_err().to_string(), "failed");
}
