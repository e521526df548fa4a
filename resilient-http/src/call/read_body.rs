//! Reads the body of a response, either the whole body or only its beginning.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use resilient::deadline;
use resilient::retries::TimeLimit;

use crate::error::{ERROR_BODY_LIMIT, TransportError};
use crate::time_limit::limited;
use crate::transport::ResponseBody;

/// How long before the time limit of the attempt the read of an error body ends. Timers are exact
/// to a millisecond.
const BEFORE_LIMIT: Duration = Duration::from_millis(10);

/// The reason why a body could not be read to its end.
pub(super) enum BodyFailure {
    TooLarge(usize),
    Broken(TransportError),
}

/// Reads the whole body. A body that is longer than `limit` is an error.
pub(super) async fn read_whole(mut body: ResponseBody, limit: usize) -> Result<Bytes, BodyFailure> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(BodyFailure::TooLarge(limit));
    }
    // Most bodies are one piece, which is not copied.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(BodyFailure::Broken)?.into_data() else { continue };
        if piece.len() > limit - first.len() - whole.len() {
            return Err(BodyFailure::TooLarge(limit));
        }
        if first.is_empty() && whole.is_empty() {
            first = piece;
        } else {
            if whole.is_empty() {
                whole.extend_from_slice(&std::mem::take(&mut first));
            }
            whole.extend_from_slice(&piece);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// Reads the start of the body of an error response, for at most the time `most`. Also returns
/// `true` if the body has more, breaks off or takes longer: this is no error, because the status is
/// already known.
///
/// The read ends before the attempt does. If the time limit of the attempt ended it, the status,
/// the headers and the hint would be lost.
pub(super) async fn read_beginning(mut body: ResponseBody, most: Duration) -> (Bytes, bool) {
    let most = match deadline::remaining() {
        Some(left) => most.min(left.saturating_sub(BEFORE_LIMIT)),
        None => most,
    };
    let mut beginning = BytesMut::new();
    let is_whole = match limited(most, fill(&mut beginning, &mut body)).await {
        Ok(is_whole) => is_whole,
        // The runtime has no timers, so nothing was read, and no attempt has a time limit.
        Err(cut) if cut.limit() == TimeLimit::NoTimer => fill(&mut beginning, &mut body).await,
        Err(_) => false,
    };
    (beginning.freeze(), !is_whole)
}

/// Adds the start of the body to `beginning`. Returns `true` if this is the whole body.
///
/// # Cancel safety
///
/// If the future is dropped, `beginning` has what came until then.
async fn fill(beginning: &mut BytesMut, body: &mut ResponseBody) -> bool {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let Ok(piece) = frame.into_data() else { continue };
        let room = ERROR_BODY_LIMIT - beginning.len();
        beginning.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return false;
        }
    }
    true
}
