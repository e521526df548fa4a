//! Reads the body of a response, either the whole body or only its beginning.

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;

use crate::error::ERROR_BODY_LIMIT;
use crate::transport::{ResponseBody, TransportError};

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

/// Reads the start of the body of an error response. Also returns `true` if the body has more. If
/// the body breaks off, this is no error, because the status is already known.
pub(super) async fn read_beginning(mut body: ResponseBody) -> (Bytes, bool) {
    let mut beginning = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return (beginning.freeze(), true);
        };
        if let Ok(mut piece) = frame.into_data() {
            let room = ERROR_BODY_LIMIT - beginning.len();
            if piece.len() > room {
                piece.truncate(room);
                beginning.extend_from_slice(&piece);
                return (beginning.freeze(), true);
            }
            beginning.extend_from_slice(&piece);
        }
    }
    (beginning.freeze(), false)
}
