//! The recipe for functions that are not `async`.

// excerpt: recipe
use resilient::retry;
use std::path::{Path, PathBuf};
use std::{fs, io};

// Waits until no other process has the lock, but not much longer than two seconds. To
// release the lock, remove the file.
#[retry(
    max_retries = 50,
    backoff = constant,
    base_delay = "50ms",
    max_elapsed = "2s",
    on = error if error.kind() == io::ErrorKind::AlreadyExists,
)]
fn lock(path: &Path) -> io::Result<fs::File> {
    fs::File::create_new(path)
}

// For async code: the waits must not block a thread of the runtime.
async fn lock_async(path: PathBuf) -> io::Result<fs::File> {
    tokio::task::spawn_blocking(move || lock(&path)).await?
}
// end excerpt

use resilient::retries::StopReason;
use resilient::testing::Scope;

/// A path that is free, in a folder that is removed in the end.
fn free_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("resilient-{name}-{}", std::process::id()))
}

#[test]
fn a_plain_function_retries_until_its_time_is_over() {
    let path = free_path("lock");
    let scope = Scope::new();
    lock(&path).unwrap();
    let error = scope.run_blocking(|| lock(&path)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    let call = scope.call();
    assert!(call.attempts() > 10, "{call:?}");
    assert!(call.delays().iter().sum::<std::time::Duration>().as_secs() <= 2, "{call:?}");
    fs::remove_file(&path).unwrap();
    lock(&path).unwrap();
    fs::remove_file(&path).unwrap();
}

#[test]
fn another_error_ends_a_plain_function_at_once() {
    let scope = Scope::new();
    let path = free_path("no-such-folder").join("lock");
    scope.run_blocking(|| lock(&path)).unwrap_err();
    assert_eq!(scope.call().gave_up(), Some(StopReason::NotRetryable));
}

#[tokio::test]
async fn async_code_calls_a_plain_function_on_a_thread_for_blocking_work() {
    let path = free_path("async-lock");
    lock_async(path.clone()).await.unwrap();
    fs::remove_file(&path).unwrap();
}
