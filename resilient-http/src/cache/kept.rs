//! A call by way of what is kept: the answer that is there, the flight of another call, the server, or a stale answer.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::retries::TimeLimit;
use resilient::{Classify, Outcome};
use tokio::time::Instant;

use super::counts::count;
use super::key::Key;
use super::store::{ResponseCache, Stored};
use crate::client::ApiClient;
use crate::closing::limited;
use crate::error::{ApiError, CallFacts, Details, Opaque, TimeoutPhase};
use crate::request::{PreparedRequest, Time};
use crate::response::{FromResponse, Response, Served};

/// A deadline is longer than zero.
const SHORTEST: Duration = Duration::from_millis(1);

static OWNERS: AtomicU64 = AtomicU64::new(0);

/// What an endpoint keeps, in a cache that it may share.
pub(crate) struct Kept {
    cache: ResponseCache,
    /// Unlike that of any other endpoint of this process.
    owner: u64,
}

/// What the server was asked: what the answer was read as, and the answer as it came, also if it could not be read.
struct Asked<T> {
    read: Result<T, ApiError>,
    answer: Option<Response>,
}

/// What a call gets, before it is read.
enum Got<T> {
    Read(T),
    Answer(Response),
}

impl Kept {
    pub(crate) fn new(cache: ResponseCache) -> Self {
        Self {
            cache,
            owner: OWNERS.fetch_add(1, Ordering::Relaxed),
        }
    }

    pub(crate) fn cache(&self) -> &ResponseCache {
        &self.cache
    }

    pub(crate) async fn answer<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        request: PreparedRequest,
        refresh: bool,
    ) -> Result<T, ApiError> {
        if client.is_closed() {
            return Err(ApiError::Closed);
        }
        let Some(key) = self.cache.inner.keys.of(self.owner, &request) else {
            return client.execute_as(&request).await;
        };
        let facts = CallFacts::of(client, &request);
        let got = if refresh {
            self.ask(client, key, &request).await.read.map(Got::Read)
        } else {
            self.find_or_fly(client, key, request, &facts).await
        };
        let response = match got {
            Ok(Got::Read(value)) => return Ok(value),
            Ok(Got::Answer(response)) => response,
            Err(error) if refresh => return Err(error),
            Err(error) => self.stale(client, &key, error)?,
        };
        T::from_response(response).map_err(|rejected| {
            let details = Details {
                call: Some(facts),
                attempts: 0,
                reply: None,
                source: None,
            };
            ApiError::unreadable(details, rejected)
        })
    }

    async fn find_or_fly<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        key: Key,
        mut request: PreparedRequest,
        facts: &CallFacts,
    ) -> Result<Got<T>, ApiError> {
        let cache = &*self.cache.inner;
        if let Some(answer) = self.young(&key) {
            return Ok(Got::Answer(answer));
        }
        let deadline = request
            .options
            .deadline
            .map_or(client.inner().deadline, |time| time.0);
        let began = Instant::now();
        let seat = cache.flights.board(key);
        let Some(mut outcome) = within(deadline, seat.outcome(), facts).await? else {
            return Err(ApiError::Closed);
        };
        if let Some(outcome) = &*outcome {
            count(&cache.counters.joined);
            let mut response = outcome.clone()?;
            response.served = Served::Joined;
            response.attempts = 0;
            return Ok(Got::Answer(response));
        }
        // A flight may have landed between the look above and the boarding.
        if let Some(answer) = self.young(&key) {
            return Ok(Got::Answer(answer));
        }
        // Who waited for one that went without an answer has less time left.
        let has_own_limits =
            !seat.begins || request.options.timeout.is_some() || request.options.deadline.is_some();
        let left = deadline.map(|time| time.saturating_sub(began.elapsed()).max(SHORTEST));
        request.options.deadline = Some(Time(left));
        let asked: Asked<T> = self.ask(client, key, &request).await;
        // That its own time was up is nothing to tell to others, who may have more: one of them asks.
        let is_its_own = |error: &ApiError| has_own_limits && is_cut_short(error);
        match (asked.answer, &asked.read) {
            // Also if it cannot be read as what this call wants: others may want something else.
            (Some(answer), _) => *outcome = Some(Ok(answer)),
            (None, Err(error)) if !is_its_own(error) => *outcome = Some(Err(error.clone())),
            (None, _) => {}
        }
        if outcome.is_some() {
            seat.land();
        }
        asked.read.map(Got::Read)
    }

    async fn ask<T: FromResponse + Send>(
        &self,
        client: &ApiClient,
        key: Key,
        request: &PreparedRequest,
    ) -> Asked<T> {
        let cache = &*self.cache.inner;
        count(&cache.counters.misses);
        let (mut answer, mut value) = (None, None);
        let ended = client
            .execute_by(request, |response| {
                answer = Some(response.clone());
                value = Some(T::from_response(response)?);
                Ok(())
            })
            .await;
        let read = ended.and_then(|()| value.ok_or(ApiError::Closed));
        match (&read, &answer) {
            (Ok(_), Some(answer)) => cache.keep(key, answer),
            (Err(ApiError::Decode { .. }), _) => {}
            // Not that of an attempt before the last one.
            _ => answer = None,
        }
        Asked { read, answer }
    }

    /// An answer that is young enough.
    fn young(&self, key: &Key) -> Option<Response> {
        let cache = &*self.cache.inner;
        let stored = cache.find(key)?;
        let age = stored.age();
        if age >= cache.config.ttl {
            return None;
        }
        count(&cache.counters.hits);
        Some(handed_out(&stored, Served::Kept { age }))
    }

    /// An answer that is too old, if that is better than this error: the circuit is open.
    fn stale(&self, client: &ApiClient, key: &Key, error: ApiError) -> Result<Response, ApiError> {
        let cache = &*self.cache.inner;
        let is_open = || {
            let state = client.circuit_breaker().state();
            matches!(state, CircuitState::Open | CircuitState::ForcedOpen)
        };
        // The call whose own failures opened the circuit ends with the last of them.
        let is_failure = error.classify().health == Outcome::Failure || is_cut_short(&error);
        let is_outage = error.is_circuit_open() || (is_failure && is_open());
        let longest = cache.config.ttl.saturating_add(cache.config.stale_if_open);
        let stored = cache
            .find(key)
            .filter(|stored| is_outage && stored.age() < longest);
        let Some(stored) = stored else {
            return Err(error);
        };
        let age = stored.age();
        count(&cache.counters.stale);
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "resilient_http", ?age, "a stale answer: the circuit is open");
        Ok(handed_out(&stored, Served::Stale { age }))
    }
}

/// Whether a time limit of this side ended it.
fn is_cut_short(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::Timeout {
            phase: TimeoutPhase::Attempt | TimeoutPhase::Deadline,
            ..
        }
    )
}

fn handed_out(stored: &Arc<Stored>, served: Served) -> Response {
    let mut response = stored.response();
    response.served = served;
    response.attempts = 0;
    response
}

/// What the wait for another call comes to, or that this call's own deadline was up before.
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
        let details = Details {
            call: Some(facts.clone()),
            attempts: 0,
            reply: None,
            source: None,
        };
        ApiError::Timeout {
            phase: TimeoutPhase::Deadline,
            after,
            details: Opaque::new(details),
        }
    })
}
