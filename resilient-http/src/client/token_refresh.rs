//! Tokens that expire: one call fetches the next token, and the other calls wait for it.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use secrecy::SecretString;
use tokio::time::Instant;

use super::credentials_error::{CredentialsError, contain};
use super::refresh_flight::{RefreshFlight, RefreshRun};
use super::refreshed_token::RefreshedToken;
use crate::error::BoxError;

type Fetch = dyn Fn(Option<SecretString>) -> Fetching + Send + Sync;
type Fetching = Pin<Box<dyn Future<Output = Result<SecretString, BoxError>> + Send>>;

/// Fetches tokens, and caches the present one.
pub(crate) struct TokenRefresh {
    fetch: Box<Fetch>,
    state: Mutex<RefreshState>,
}

#[derive(Default)]
struct RefreshState {
    token: Option<RefreshedToken>,
    /// Whether the server refused the token. If so, no request carries it again.
    is_refused: bool,
    /// The waiting calls own the flight, so that a later call does not wait for nobody.
    flight: Weak<RefreshFlight>,
}

tokio::task_local! {
    /// The refreshes that the task is running, by address, from the outside.
    static RUNNING: Vec<usize>;
}

impl RefreshState {
    fn usable(&self) -> Option<&RefreshedToken> {
        self.token.as_ref().filter(|_| !self.is_refused)
    }
}

impl TokenRefresh {
    pub(super) fn new<F, E>(
        fetch: impl Fn(Option<SecretString>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<SecretString, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let fetch = move |refused| -> Fetching {
            let token = fetch(refused);
            Box::pin(async move { token.await.map_err(Into::into) })
        };
        Self { fetch: Box::new(fetch), state: Mutex::default() }
    }

    /// Returns the present token. Without one, or if the server refused it, this call fetches the
    /// next token, or waits for the call that does. The caller drops this call at `until`.
    ///
    /// # Cancel safety
    ///
    /// If this call is dropped while it fetches, the next waiting call that has more time left than
    /// this fetch took fetches instead. Without this condition, the calls that wait for a fetch
    /// that hangs would all fetch when their time ends, one after another.
    pub(super) async fn token(
        &self,
        until: Option<Instant>,
    ) -> Result<RefreshedToken, CredentialsError> {
        let flight = match self.present_or_flight() {
            Ok(token) => return Ok(token),
            Err(flight) => flight,
        };
        let (id, mut running) = (self.id(), RUNNING.try_with(Clone::clone).unwrap_or_default());
        if running.contains(&id) {
            // The call would wait for itself.
            return Err(CredentialsError::new(
                "the refresh sends a request that needs the token: use another client for it",
            ));
        }
        running.push(id);
        let mut flight = flight.lock().await;
        if let Some(result) = &flight.result {
            return result.clone();
        }
        let Some(run) = RefreshRun::begin(&mut flight, until) else {
            return Err(CredentialsError::too_slow());
        };
        let fetched = RUNNING.scope(running, self.fetch()).await;
        run.end(fetched.clone());
        self.finish(&fetched);
        fetched
    }

    /// Notes that the server refused this token. If another token is present by now, that token
    /// stays.
    pub(super) fn refuse(&self, token: &RefreshedToken) {
        let mut state = self.lock();
        let is_present = state.token.as_ref().is_some_and(|present| present.is(token));
        state.is_refused |= is_present;
    }

    /// Returns the present token, unless the server refused it.
    pub(super) fn present(&self) -> Option<RefreshedToken> {
        self.lock().usable().cloned()
    }

    fn present_or_flight(&self) -> Result<RefreshedToken, Arc<RefreshFlight>> {
        let mut state = self.lock();
        match state.usable() {
            Some(token) => Ok(token.clone()),
            None => Err(state.flight.upgrade().unwrap_or_else(|| {
                let begun = Arc::new(RefreshFlight::default());
                state.flight = Arc::downgrade(&begun);
                begun
            })),
        }
    }

    async fn fetch(&self) -> Result<RefreshedToken, CredentialsError> {
        let refused = self.lock().token.as_ref().map(|token| token.secret().clone());
        let mut fetching = contain(|| (self.fetch)(refused))?;
        let fetched = std::future::poll_fn(|cx| match contain(|| pin!(&mut fetching).poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panicked) => std::task::Poll::Ready(Err(panicked)),
        });
        let secret = fetched
            .await?
            .map_err(|error| CredentialsError::caused_by("the refresh failed", error))?;
        RefreshedToken::new(secret)
    }

    /// Ends the flight. Later calls use the token, or begin another flight after an error.
    fn finish(&self, fetched: &Result<RefreshedToken, CredentialsError>) {
        let mut state = self.lock();
        state.flight = Weak::new();
        if let Ok(token) = fetched {
            state.token = Some(token.clone());
            state.is_refused = false;
        }
    }

    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn lock(&self) -> MutexGuard<'_, RefreshState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenRefresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRefresh").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::io;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use secrecy::ExposeSecret;

    use super::*;

    /// A source of the tokens `t1`, `t2`, … Each takes one second.
    fn counting() -> (Arc<TokenRefresh>, Arc<AtomicU32>) {
        let fetches = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&fetches);
        let refresh = TokenRefresh::new(move |_| {
            let n = counted.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, io::Error>(SecretString::from(format!("t{n}")))
            }
        });
        (Arc::new(refresh), fetches)
    }

    fn spawn(
        refresh: &Arc<TokenRefresh>,
    ) -> tokio::task::JoinHandle<Result<RefreshedToken, CredentialsError>> {
        let refresh = Arc::clone(refresh);
        tokio::spawn(async move { refresh.token(None).await })
    }

    /// Lets all tasks run until they wait.
    async fn settle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_need_a_token_at_the_same_time_cause_one_refresh() {
        let (refresh, fetches) = counting();
        let calls: Vec<_> = (0..40).map(|_| spawn(&refresh)).collect();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().header(), "t1");
        }
        assert_eq!(refresh.token(None).await.unwrap().header(), "t1");
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_refreshed_once_however_many_calls_report_it() {
        let (refresh, fetches) = counting();
        let first = refresh.token(None).await.unwrap();
        refresh.refuse(&first);
        let calls: Vec<_> = (0..10).map(|_| spawn(&refresh)).collect();
        settle().await;
        // These reports arrive during the refresh and after it.
        refresh.refuse(&first);
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().header(), "t2");
        }
        refresh.refuse(&first);
        assert_eq!(refresh.token(None).await.unwrap().header(), "t2");
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn no_call_gets_a_token_that_is_known_to_be_refused() {
        let (refresh, _) = counting();
        let first = refresh.token(None).await.unwrap();
        refresh.refuse(&first);
        let running = spawn(&refresh);
        settle().await;
        assert_eq!(refresh.token(None).await.unwrap().header(), "t2");
        running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn the_closure_gets_the_token_that_the_server_refused() {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&refused);
        let refresh = TokenRefresh::new(move |refused: Option<SecretString>| {
            let mut heard = heard.lock().unwrap();
            heard.push(refused.map(|token| token.expose_secret().to_owned()));
            let n = heard.len();
            // The second refresh fails, so the third is about the same token.
            std::future::ready(match n {
                2 => Err(io::Error::other("down")),
                _ => Ok(SecretString::from(format!("t{n}"))),
            })
        });
        let first = refresh.token(None).await.unwrap();
        refresh.refuse(&first);
        refresh.token(None).await.unwrap_err();
        assert_eq!(refresh.token(None).await.unwrap().header(), "t3");
        let refused = refused.lock().unwrap().clone();
        assert_eq!(refused, [None, Some("t1".to_owned()), Some("t1".to_owned())]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_waiting_call_takes_over_from_a_dropped_one() {
        let (refresh, fetches) = counting();
        let runner = spawn(&refresh);
        settle().await;
        let waiting = [spawn(&refresh), spawn(&refresh)];
        settle().await;
        runner.abort();
        for call in waiting {
            assert_eq!(call.await.unwrap().unwrap().header(), "t2");
        }
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
        // If no call is left, the next call starts again.
        let second = refresh.token(None).await.unwrap();
        refresh.refuse(&second);
        let runner = spawn(&refresh);
        settle().await;
        runner.abort();
        settle().await;
        assert_eq!(refresh.token(None).await.unwrap().header(), "t4");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_goes_to_all_waiting_calls_and_the_next_call_tries_again() {
        let fetches = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&fetches);
        let refresh = Arc::new(TokenRefresh::new(move |_| {
            let n = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if n == 0 {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, "no"));
                }
                Ok(SecretString::from("t"))
            }
        }));
        let calls: Vec<_> = (0..5).map(|_| spawn(&refresh)).collect();
        for call in calls {
            let error = call.await.unwrap().err().unwrap();
            let source: &io::Error = error.source().unwrap().downcast_ref().unwrap();
            assert_eq!(source.kind(), io::ErrorKind::PermissionDenied);
        }
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        assert_eq!(refresh.token(None).await.unwrap().header(), "t");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_next_call_tries_again() {
        let fetches = AtomicU32::new(0);
        let refresh = TokenRefresh::new(move |_| {
            let n = fetches.fetch_add(1, Ordering::Relaxed);
            assert!(n > 0, "before the future: canary");
            async move {
                assert!(n > 1, "in the future: canary");
                Ok::<_, io::Error>(SecretString::from("t"))
            }
        });
        for _ in 0..2 {
            let error = refresh.token(None).await.err().unwrap();
            assert_eq!(error.to_string(), "the closure panicked");
            assert!(!format!("{error:?}").contains("canary"));
        }
        assert_eq!(refresh.token(None).await.unwrap().header(), "t");
    }

    #[tokio::test]
    async fn a_value_that_no_header_can_carry_is_an_error_without_the_value() {
        for value in ["", " ", "canary\n", "canary\0"] {
            let refresh =
                TokenRefresh::new(move |_| std::future::ready(Ok::<_, io::Error>(value.into())));
            let error = refresh.token(None).await.err().unwrap();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_refresh_that_needs_its_own_token_ends_with_an_error() {
        let inner = Arc::new(Mutex::new(None::<Arc<TokenRefresh>>));
        let own = Arc::clone(&inner);
        let refresh = Arc::new(TokenRefresh::new(move |_| {
            let own = own.lock().unwrap().clone();
            async move {
                let token = own.unwrap().token(None).await?;
                Ok::<_, CredentialsError>(token.secret().clone())
            }
        }));
        *inner.lock().unwrap() = Some(Arc::clone(&refresh));
        let error = refresh.token(None).await.err().unwrap();
        let source = error.source().unwrap().to_string();
        assert!(source.contains("use another client"), "{source}");
        inner.lock().unwrap().take();
    }
}
