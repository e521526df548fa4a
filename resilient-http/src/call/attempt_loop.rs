//! The retry loop of a call.

use std::future::Future;

use resilient::breaker::OwnedPermit;
use resilient::retries::GiveUpEvent;

use super::attempt_waits::AttemptWaits;
use super::call_state::CallState;
use super::telemetry::CallSpan;
use crate::client::ApiClient;
use crate::error::ApiError;

/// Makes the attempts of a call, within the span of the call. This is the only retry loop. Returns
/// the output of the attempt that succeeded and its permit, which the caller reports.
pub(super) async fn make_attempts<O, F>(
    client: &ApiClient,
    call: &CallState<'_>,
    attempt: impl Fn() -> F + Send,
) -> Result<(O, Option<OwnedPermit>), ApiError>
where
    O: Send,
    F: Future<Output = Result<O, ApiError>> + Send,
{
    let span = CallSpan::begin(&call.facts.method, &call.facts.template);
    // A variable would hold the work twice.
    let ended = span
        .within(async {
            let mut waits = AttemptWaits::new(client, call);
            let on_give_up = |event: &GiveUpEvent<'_, _>| {
                if let Some(error) = event.error() {
                    ApiError::ended_by(error, event.reason());
                }
            };
            let mut attempts = call
                .retry
                .call()
                .gate(&mut waits)
                .on_give_up(&on_give_up)
                .through(&call.breaker)
                .retry_timed_out(call.may_be_repeated())
                .classified();
            if let Some(budget) = &call.budget {
                attempts = attempts.budget(budget);
            }
            if let Some(deadline) = call.deadline {
                attempts = attempts.deadline(deadline);
            }
            if let Some(timeout) = call.timeout {
                attempts = attempts.attempt_timeout(timeout);
            }
            let ended = attempts.run_holding(|_| {
                call.begin_attempt();
                Box::pin(attempt())
            });
            match ended.await {
                (Ok(output), permit) => Ok((output, permit)),
                (Err(error), _) => Err(call.complete(error)),
            }
        })
        .await;
    span.end(call.attempt(), ended.as_ref().err());
    ended
}
