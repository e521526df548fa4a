//! Makes many calls at the same time, with any client.

use std::future::Future;

use tokio::task::JoinSet;

/// Makes `calls` calls, at most `in_flight` at the same time, and returns the errors.
pub(crate) async fn errors_of<F, T, E>(
    calls: usize,
    in_flight: usize,
    call: impl Fn(usize) -> F,
) -> Vec<E>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut running: JoinSet<Result<T, E>> = JoinSet::new();
    let mut errors = Vec::new();
    for n in 0..calls {
        if running.len() == in_flight {
            errors.extend(running.join_next().await.and_then(|ended| ended.unwrap().err()));
        }
        running.spawn(call(n));
    }
    while let Some(ended) = running.join_next().await {
        errors.extend(ended.unwrap().err());
    }
    errors
}
