//! Classifies the statuses of gRPC calls.

use std::error::Error;
use std::time::Duration;

use resilient::Classification;
#[cfg(feature = "http")]
use tonic::metadata::MetadataMap;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::grpc_codes;
use crate::grpc_codes::Pushback;

/// Classifies the status of a gRPC call.
///
/// | status | breaker | retry |
/// |---|---|---|
/// | `Unavailable`, `DeadlineExceeded` | failure | yes |
/// | `Unknown`, `Internal` or `Cancelled`, if the connection caused it | failure | yes |
/// | `Cancelled`, if a time limit of tonic caused it | failure | yes |
/// | `Unknown` or `Internal` from the server, `DataLoss` | failure | no |
/// | `ResourceExhausted` | ignored | yes |
/// | `Aborted` | success: the server works and saw a conflict | yes |
/// | `Cancelled` from the server | ignored: a caller wanted it | no |
/// | `Ok`, `InvalidArgument`, `NotFound`, `AlreadyExists`, `PermissionDenied`, `Unauthenticated`, `FailedPrecondition`, `OutOfRange`, `Unimplemented` | success: the server responded | no |
///
/// - **Hints.** The hint is the longer of a `google.rpc.RetryInfo` in the details of the status and
///   the metadata `grpc-retry-pushback-ms`. A pushback that is negative or no number says that the
///   server wants no retry. A hint makes no status retried that the table does not retry.
/// - **Time limits of tonic** (`Endpoint::timeout`, `Request::set_timeout`, `Server::timeout`) end
///   calls with `Cancelled` and the message `Timeout expired`.
/// - A rejection by a breaker or a time limit of `resilient` among the sources of the status beats
///   the table: see [`Classification::find_in`].
///
/// ```
/// use resilient::{CircuitOpen, circuit_breaker, retry};
/// use std::sync::Arc;
/// use tonic::{Code, Status};
///
/// #[retry(classify = resilient_classify::tonic)]
/// #[circuit_breaker(name = "stock", on_open = |open| Err(rejected(open)))]
/// async fn stock(article: u32) -> Result<u32, Status> {
///     // Ask a generated client here.
///     Err(Status::not_found("no such article"))
/// }
///
/// fn rejected(open: CircuitOpen) -> Status {
///     let mut status = Status::unavailable(open.to_string());
///     status.set_source(Arc::new(open)); // for retries and breakers around `stock`
///     status
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// assert_eq!(stock(1).await.unwrap_err().code(), Code::NotFound);
/// # let totals = resilient::Registry::global().get("stock").unwrap().snapshot().totals;
/// # assert_eq!((totals.success, totals.failure), (1, 0));
/// # resilient::Registry::global().get("stock").unwrap().force_open();
/// # let class = resilient_classify::tonic(&stock(1).await.unwrap_err());
/// # assert_eq!((class.health, class.retry), (resilient::Outcome::Ignored, false));
/// # });
/// ```
#[must_use]
pub fn tonic(status: &Status) -> Classification {
    let class = Classification::find_in(status).unwrap_or_else(|| {
        let mut class = of_status(status);
        class.retry_after = retry_info(status);
        let pushback = status.metadata().get("grpc-retry-pushback-ms");
        Pushback::of(pushback.map(MetadataValue::as_encoded_bytes)).apply(class)
    });
    class.with_text(format_args!("{:?}: {}", status.code(), status.message()))
}

fn of_status(status: &Status) -> Classification {
    match status.code() {
        // A status from the server has no source.
        Code::Unknown | Code::Internal | Code::Cancelled if status.source().is_some() => {
            Classification::transient()
        }
        code => grpc_codes::of_status(code.into(), status.message()),
    }
}

fn retry_info(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// Returns the `google.rpc.RetryInfo` among the headers or trailers of a response.
#[cfg(feature = "http")]
pub(crate) fn retry_info_in(trailers: &http::HeaderMap) -> Option<Duration> {
    let name = http::HeaderName::from_static("grpc-status-details-bin");
    let details = trailers.get(&name)?.clone();
    let details = MetadataMap::from_headers([(name, details)].into_iter().collect());
    let details = details.get_bin("grpc-status-details-bin")?.to_bytes().ok()?;
    retry_info(&Status::with_details(Code::Unknown, "", details))
}
