//! Calls through the cache. A call returns a fresh response, the response of a call in flight, a
//! response from the server, or a stale response.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::TimeLimit;
use resilient::{Classify, Outcome};
use tokio::time::Instant;

use super::cache_control::CacheControl;
use super::counts::count;
use super::key::CacheKey;
use super::store::{ResponseCache, Stored};
use crate::call::call_facts;
use crate::client::ApiClient;
use crate::error::{ApiError, CallFacts, Details, Opaque, TimeoutPhase};
#[cfg(feature = "tracing")]
use crate::log_target::HTTP;
use crate::request::PreparedRequest;
use crate::response::{FromResponse, Response, Served};
use crate::time_limit::limited;

static OWNERS: AtomicU64 = AtomicU64::new(0);

pub(crate) struct CachedCalls {
    cache: ResponseCache,
    /// Distinguishes this endpoint from the other endpoints of the process in the cache keys.
    owner: u64,
}

/// The result of a call that asked the server. `response` is set even if decoding it failed.
struct Fetched<T> {
    read: Result<T, ApiError>,
    response: Option<Response>,
}

/// The response of a call, either decoded or still to be decoded.
enum Found<T> {
    Read(T),
    Response(Box<Response>),
}

impl CachedCalls {
    pub(crate) fn new(cache: ResponseCache) -> Self {
        Self { cache, owner: OWNERS.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn cache(&self) -> &ResponseCache {
        &self.cache
    }

    pub(crate) async fn call<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        request: PreparedRequest,
        refresh: bool,
    ) -> Result<T, ApiError> {
        if client.is_closed() {
            return Err(ApiError::Closed);
        }
        let asked = CacheControl::of(&request.headers);
        let key = self.cache.inner.keys.of(self.owner, &request).filter(|_| !asked.no_store);
        let Some(key) = key else {
            return client.execute_as(&request).await;
        };
        let facts = call_facts(client, &request);
        let refresh = refresh || !asked.accepts(Duration::ZERO);
        let found = if refresh {
            let fetched = self.fetch(client, key, &request).await;
            fetched.read.map(Found::Read)
        } else {
            self.find_or_join(client, key, request, &asked, &facts).await
        };
        let response = match found {
            Ok(Found::Read(value)) => return Ok(value),
            Ok(Found::Response(response)) => *response,
            Err(error) if refresh => return Err(error),
            Err(error) => self.find_stale(client, &key, &asked, error)?,
        };
        T::from_response(response)
            .map_err(|rejected| ApiError::unreadable(Details::new(Some(facts), 0), rejected))
    }

    async fn find_or_join<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        key: CacheKey,
        request: PreparedRequest,
        asked: &CacheControl,
        facts: &CallFacts,
    ) -> Result<Found<T>, ApiError> {
        let cache = &*self.cache.inner;
        if let Some(response) = self.find_fresh(&key, asked) {
            return Ok(Found::Response(response));
        }
        let deadline = request.options.deadline.map_or(client.inner().deadline, |time| time.0);
        let began = Instant::now();
        let in_flight = cache.in_flight.join(key);
        let Some(mut result) = within(deadline, in_flight.result(), facts).await? else {
            return Err(ApiError::Closed);
        };
        if let Some(result) = &*result {
            count(&cache.counters.joined);
            let response = without_attempts(result.clone()?, Served::Joined);
            return Ok(Found::Response(Box::new(response)));
        }
        // Another call may have finished between the first lookup and the join.
        if let Some(response) = self.find_fresh(&key, asked) {
            return Ok(Found::Response(response));
        }
        let has_own_limits = !in_flight.is_first
            || request.options.timeout.is_some()
            || request.options.deadline.is_some();
        let fetch = self.fetch(client, key, &request);
        let fetched: Fetched<T> = if in_flight.is_first {
            fetch.await
        } else {
            // A call that waited for another call keeps its deadline, so it has less time left for
            // its own request. The error must not blame the server for the wait.
            let left = deadline.map(|time| time.saturating_sub(began.elapsed()));
            within(left, fetch, facts).await?
        };
        // This call may have shorter time limits than the calls that wait for its result. If such a
        // limit ends this call, the waiting calls do not receive the error. Instead, one of them
        // asks the server.
        let is_its_own = |error: &ApiError| has_own_limits && is_cut_short(error);
        match (fetched.response, &fetched.read) {
            // The response is shared even if this call cannot decode it, because the waiting calls
            // may expect another type.
            (Some(response), _) => *result = Some(Ok(response)),
            (None, Err(error)) if !is_its_own(error) => *result = Some(Err(error.clone())),
            (None, _) => {}
        }
        if result.is_some() {
            in_flight.finish();
        }
        fetched.read.map(Found::Read)
    }

    async fn fetch<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        key: CacheKey,
        request: &PreparedRequest,
    ) -> Fetched<T> {
        let cache = &*self.cache.inner;
        count(&cache.counters.misses);
        let (mut received, mut value) = (None, None);
        let ended = client
            .execute_by(request, |response| {
                received = Some(response.clone());
                value = Some(T::from_response(response)?);
                Ok(())
            })
            .await;
        let read = ended.and_then(|()| value.ok_or(ApiError::Closed));
        match (&read, &received) {
            (Ok(_), Some(response)) => cache.insert(key, response),
            (Err(ApiError::Decode { .. }), _) => {}
            // The call failed after another attempt, so the response belongs to an earlier attempt.
            _ => received = None,
        }
        Fetched { read, response: received }
    }

    /// Returns the cached response if it is fresh and the request accepts its age.
    fn find_fresh(&self, key: &CacheKey, asked: &CacheControl) -> Option<Box<Response>> {
        let cache = &*self.cache.inner;
        let stored = cache.find(key)?;
        let age = stored.age();
        if !stored.is_fresh() || !asked.accepts(age) {
            return None;
        }
        count(&cache.counters.hits);
        let response = without_attempts(stored.response(), Served::Cached { age });
        Some(Box::new(response))
    }

    /// Returns the stale response if the circuit is open. Otherwise, or if there is no stale
    /// response, returns `error`.
    fn find_stale(
        &self,
        client: &ApiClient,
        key: &CacheKey,
        asked: &CacheControl,
        error: ApiError,
    ) -> Result<Response, ApiError> {
        let cache = &*self.cache.inner;
        let is_open = || {
            let state = client.circuit_breaker().state();
            matches!(state, CircuitState::Open | CircuitState::ForcedOpen)
        };
        // If the failures of a call open the circuit, the call ends with its last failure and not
        // with `CircuitOpen`. Therefore, a failure also allows a stale response if the circuit is
        // open now.
        let is_failure = error.classify().health == Outcome::Failure || is_cut_short(&error);
        let is_outage = error.is_circuit_open() || (is_failure && is_open());
        let may_be_used =
            |stored: &Stored| is_outage && stored.may_be_stale() && asked.accepts(stored.age());
        let Some(stored) = cache.find(key).filter(|stored| may_be_used(stored)) else {
            return Err(error);
        };
        let age = stored.age();
        count(&cache.counters.stale);
        #[cfg(feature = "tracing")]
        tracing::debug!(
            target: HTTP,
            age = age.as_secs_f64(),
            "stale response: the circuit is open"
        );
        Ok(without_attempts(stored.response(), Served::Stale { age }))
    }
}

/// Returns whether a time limit of the client ended the call.
fn is_cut_short(error: &ApiError) -> bool {
    matches!(error, ApiError::Timeout { phase: TimeoutPhase::Attempt | TimeoutPhase::Deadline, .. })
}

fn without_attempts(mut response: Response, served: Served) -> Response {
    response.served = served;
    response.attempts = 0;
    response
}

/// Waits for the result of another call. The wait ends at the deadline of this call.
async fn within<F: Future>(
    deadline: Option<Duration>,
    wait: F,
    facts: &CallFacts,
) -> Result<F::Output, ApiError> {
    let Some(after) = deadline else {
        return Ok(wait.await);
    };
    limited(after, wait).await.map_err(|cut| {
        if cut.limit() == TimeLimit::NoTimer {
            return cut.into();
        }
        let details = Details::new(Some(facts.clone()), 0);
        ApiError::Timeout { phase: TimeoutPhase::Deadline, after, details: Opaque::new(details) }
    })
}
