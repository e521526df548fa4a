//! The outcome table: what each error means for the circuit breaker and for retries.

use http::StatusCode;
use resilient::{Classification, Classify, Outcome};

use super::api_error::ApiError;
use super::details::{Details, SentOnce};
use super::display::ShortText;
use super::kinds::{Phase, TimeoutPhase};

impl Classify for ApiError {
    /// Classifies the error by the [table of
    /// outcomes](crate::guide::outcomes#what-is-retried-and-what-counts).
    fn classify(&self) -> Classification {
        let class = self.class();
        if class.retry || class.health == Outcome::Failure {
            class.with_text(ShortText(self))
        } else {
            class
        }
    }
}

impl ApiError {
    /// Classifies the error, without a text.
    pub(super) fn class(&self) -> Classification {
        let (is_repeatable, is_replayable) =
            self.call().map_or((false, true), |call| (call.is_repeatable, call.is_replayable));
        self.class_if(is_repeatable, is_replayable)
    }

    /// Classifies the error. The arguments say whether the call may be repeated and whether its
    /// body can be sent again.
    pub(super) fn class_if(&self, is_repeatable: bool, is_replayable: bool) -> Classification {
        let Some(details) = self.details() else {
            return Classification::ignored();
        };
        let mut class = match self {
            // Nothing was sent, so a retry is safe, whatever the method and the body.
            Self::RateLimited { retry_after, .. } if self.is_held_back() => {
                let class = Classification::throttled();
                return retry_after.map_or(class, |wait| class.after(wait));
            }
            // Nothing was sent, so a retry cannot repeat an effect on the server.
            Self::Connection { phase: Phase::Connect, .. } => Classification::transient(),
            // The server closes connections and limits streams while it is healthy.
            Self::Connection { phase: Phase::Refused, .. } => retry_if(Outcome::Ignored, true),
            Self::Connection { .. } if details.was_reused => {
                retry_if(Outcome::Ignored, is_repeatable)
            }
            Self::Connection { .. }
            | Self::Timeout {
                phase: TimeoutPhase::Attempt | TimeoutPhase::Transport | TimeoutPhase::Idle,
                ..
            } => retry_if(Outcome::Failure, is_repeatable),
            Self::Judged { .. } => of_verdict(details, is_repeatable),
            // The caller's stream, closure or layer failed, so the server is not at fault. If the
            // deadline ended the call, the breaker has already counted each attempt. The other two
            // errors mean that the server works and only its response cannot be used.
            Self::RequestBody { .. }
            | Self::Credentials { .. }
            | Self::Layer { .. }
            | Self::Timeout { phase: TimeoutPhase::Deadline, .. }
            | Self::Decode { .. }
            | Self::TooLarge { .. } => Classification::ignored(),
            _ => of_status(details, is_repeatable),
        };
        class.retry &= is_replayable && (is_repeatable || self.was_certainly_ignored(details));
        class
    }

    /// Returns whether the request, which may not be sent twice, is safe to send again because the
    /// server did not act on it. The class of the error has already considered the response.
    fn was_certainly_ignored(&self, details: &Details) -> bool {
        let Some(call) = &details.call else {
            return true;
        };
        match call.sent_once {
            None => true,
            Some(SentOnce::ByCaller) => {
                matches!(self, Self::Connection { phase: Phase::Connect | Phase::Refused, .. })
            }
            Some(SentOnce::ByRedirect) => false,
        }
    }
}

fn of_status(details: &Details, is_repeatable: bool) -> Classification {
    let (Some(response), Some(call)) = (&details.response, &details.call) else {
        return Classification::ignored();
    };
    let rules = &call.rules;
    let hint = response.head.retry_after;
    let status = response.head.status;
    let is_chosen = rules.retried.contains(&status.as_u16());
    let (health, may_retry) = match status {
        // A 429 means that the server did not act on the request, so a retry is always safe.
        StatusCode::TOO_MANY_REQUESTS if rules.counts_rate_limits => (Outcome::Failure, true),
        StatusCode::TOO_MANY_REQUESTS => (health_of(status), true),
        StatusCode::SERVICE_UNAVAILABLE => (health_of(status), is_repeatable || hint.is_some()),
        _ => (health_of(status), is_repeatable),
    };
    let stays = !rules.permanent.is_empty() && response.has_code(&rules.permanent);
    let retry = !stays && response.says_retry().unwrap_or(is_chosen && may_retry);
    let class = retry_if(health, retry);
    match hint {
        Some(hint) => class.after(hint),
        None => class,
    }
}

/// Returns what a status says about the server. A server that responds is healthy, even if the
/// caller made a mistake.
fn health_of(status: StatusCode) -> Outcome {
    resilient_classify::http_status(status).map_or(Outcome::Success, |class| class.health)
}

/// Classifies a response by the verdict of the hook. Ignored by the breaker and worth a retry means
/// the same as a 429: the server did not act on the request, so a retry is always safe.
fn of_verdict(details: &Details, is_repeatable: bool) -> Classification {
    let verdict = details.verdict.unwrap_or_else(Classification::ignored);
    let may_retry = is_repeatable || verdict.health == Outcome::Ignored;
    let class = retry_if(verdict.health, verdict.retry && may_retry);
    match details.response.as_ref().and_then(|response| response.head.retry_after) {
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
