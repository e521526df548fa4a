//! The recipe for arguments that are not `Clone`.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

// It is not `Clone`.
struct Upload {
    bytes: Vec<u8>,
}

// Every attempt uses the reference again.
#[retry(attempt_timeout = "5s")]
async fn upload(upload: &Upload) -> io::Result<()> {
    put(&upload.bytes).await
}

// Every attempt borrows the argument, which the function owns.
#[retry(attempt_timeout = "5s", borrow(upload))]
async fn upload_owned(upload: Upload) -> io::Result<()> {
    put(upload.bytes.as_slice()).await
}

async fn put(bytes: &[u8]) -> io::Result<()> {
    dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
    // Send the bytes to the store here, under a fixed name: it is safe to repeat.
    Ok(())
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn an_argument_that_is_not_clone_reaches_every_attempt() {
    dependency::fail(3);
    upload(&Upload { bytes: vec![1] }).await.unwrap();
    assert_eq!(dependency::calls(), 4);

    dependency::fail(3);
    upload_owned(Upload { bytes: vec![2] }).await.unwrap();
    assert_eq!(dependency::calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_hangs_is_cut_off_and_repeated() {
    dependency::hang(1);
    let start = tokio::time::Instant::now();
    upload(&Upload { bytes: vec![1] }).await.unwrap();
    assert_eq!((dependency::calls(), start.elapsed().as_secs()), (2, 5));
}
