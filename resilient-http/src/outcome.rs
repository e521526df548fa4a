//! The outcome table: what each end of a call means for the circuit breaker and for the retry.

use http::StatusCode;
use resilient::{Classification, Classify, Outcome};

use crate::error::{ApiError, Details, Phase, TimeoutPhase};

/// Worth another attempt: the server's own trouble, and its plea for patience.
const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// What of the table can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutcomeRules {
    pub(crate) retried: Vec<u16>,
    pub(crate) counts_rate_limits: bool,
    /// Codes of errors that stay.
    pub(crate) permanent: Vec<String>,
}

impl Default for OutcomeRules {
    fn default() -> Self {
        Self {
            retried: RETRIED.to_vec(),
            counts_rate_limits: false,
            permanent: Vec::new(),
        }
    }
}

impl Classify for ApiError {
    /// By the table in the [crate's documentation](crate#what-is-retried-and-what-counts), for the call that it ended.
    fn classify(&self) -> Classification {
        let (is_repeatable, is_replayable) = self.call().map_or((false, true), |call| {
            (call.is_repeatable, call.is_replayable)
        });
        self.class_if(is_repeatable, is_replayable)
    }
}

impl ApiError {
    /// What it means for a call that can be done twice, or whose body can be sent twice, or not.
    pub(crate) fn class_if(&self, is_repeatable: bool, is_replayable: bool) -> Classification {
        let Some(details) = self.details() else {
            return Classification::ignored();
        };
        let mut class = match self {
            // Nothing was sent, so nothing can be done twice.
            Self::Connection {
                phase: Phase::Connect,
                ..
            } => Classification::transient(),
            Self::Connection { .. }
            | Self::Timeout {
                phase: TimeoutPhase::Attempt,
                ..
            } => retry_if(Outcome::Failure, is_repeatable),
            // Each attempt has been counted already.
            Self::Timeout {
                phase: TimeoutPhase::Deadline,
                ..
            }
            // The server works; what it says is not understood, or too much.
            | Self::Decode { .. }
            | Self::TooLarge { .. }
            | Self::CircuitOpen(_)
            | Self::Closed
            | Self::Build(_) => Classification::ignored(),
            Self::Timeout { .. }
            | Self::RateLimited { .. }
            | Self::Authentication { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Server { .. }
            | Self::Status { .. } => of_status(details, is_repeatable),
        };
        let was_acted_upon = details
            .call
            .as_ref()
            .is_some_and(|call| call.was_acted_upon);
        class.retry &= is_replayable && (is_repeatable || !was_acted_upon);
        class
    }
}

fn of_status(details: &Details, is_repeatable: bool) -> Classification {
    let (Some(reply), Some(call)) = (&details.reply, &details.call) else {
        return Classification::ignored();
    };
    let rules = &call.rules;
    let hint = reply.retry_after();
    let is_chosen = rules.retried.contains(&reply.status.as_u16());
    let (health, may_retry) = match reply.status {
        // The request was turned away before it was acted upon.
        StatusCode::TOO_MANY_REQUESTS if rules.counts_rate_limits => (Outcome::Failure, true),
        StatusCode::TOO_MANY_REQUESTS => (Outcome::Ignored, true),
        StatusCode::SERVICE_UNAVAILABLE => (Outcome::Failure, is_repeatable || hint.is_some()),
        StatusCode::REQUEST_TIMEOUT => (Outcome::Failure, is_repeatable),
        status if status.is_server_error() => (Outcome::Failure, is_repeatable),
        // It answered: that it did not please the caller says nothing against its health.
        _ => (Outcome::Success, is_repeatable),
    };
    let stays = !rules.permanent.is_empty() && reply.has_code(&rules.permanent);
    let retry = !stays && reply.says_retry().unwrap_or(is_chosen && may_retry);
    let class = retry_if(health, retry);
    match hint {
        Some(hint) => class.after(hint),
        None => class,
    }
}

fn retry_if(health: Outcome, retry: bool) -> Classification {
    let mut class = match health {
        Outcome::Success => Classification::answered(),
        Outcome::Ignored => Classification::ignored(),
        _ => Classification::permanent(),
    };
    class.retry = retry;
    class
}
