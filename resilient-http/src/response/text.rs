//! What all readers of response bodies do first.

/// Removes a UTF-8 byte order mark from the start of a body. Some servers send one, and no parser
/// expects it.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}
