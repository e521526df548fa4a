//! One part of a form: a field or a file.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;

use super::form_body::Piece;
use crate::error::{BuildError, BuildErrorKind};
use crate::request::body::Body;

/// A part of a [`MultipartForm`](crate::MultipartForm). Its content is text, bytes or a stream.
///
/// A stream from [`Body::factory`] is created for each attempt. A stream from [`Body::once`] can be
/// sent only once, so a form with such a part has no retries.
///
/// ```
/// use resilient_http::FormPart;
///
/// let logo = FormPart::new(&b"\x89PNG"[..]).file_name("logo.png").content_type("image/png");
/// ```
#[must_use]
pub struct FormPart {
    content: Body,
    file_name: Option<String>,
    content_type: Option<String>,
    length: Option<u64>,
}

impl FormPart {
    /// Creates a part from text, bytes or a [`Body`].
    pub fn new(content: impl Into<Body>) -> Self {
        Self { content: content.into(), file_name: None, content_type: None, length: None }
    }

    /// Sets the name of the file, which makes the part a file. Directories in the name are sent
    /// too.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Sets the content type, such as `image/png`. Default: none for a field, and
    /// `application/octet-stream` for a file.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// States the length of a stream in bytes. If the lengths of all parts are known, the request
    /// has a `content-length`. The request fails if the stream has another length.
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    pub(super) fn is_replayable(&self) -> bool {
        self.content.is_replayable()
    }

    /// Returns the lines before the content. They begin at the start of a line.
    pub(super) fn head(&self, name: &str, boundary: &str) -> Result<Bytes, BuildError> {
        let refuse = |problem| {
            let subject = format!("part `{}`", name.escape_debug());
            Err(BuildError::new(BuildErrorKind::Body, subject, problem))
        };
        let known = self.content.as_bytes().map(<[u8]>::len);
        if let (Some(stated), Some(known)) = (self.length, known) {
            if usize::try_from(stated) != Ok(known) {
                return refuse("has a `length` that is not the length of its bytes");
            }
        }
        let mut head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"",
            escape_name(name)
        );
        if let Some(file_name) = &self.file_name {
            head.push_str("; filename=\"");
            head.push_str(&escape_name(file_name));
            head.push('"');
        }
        let of_file = self.file_name.is_some().then_some("application/octet-stream");
        if let Some(content_type) = self.content_type.as_deref().or(of_file) {
            // Without this check, a line break would add headers or end the part.
            if HeaderValue::from_str(content_type).is_err() || !content_type.contains('/') {
                return refuse("has a content type that is not of the form `type/subtype`");
            }
            head.push_str("\r\ncontent-type: ");
            head.push_str(content_type);
        }
        head.push_str("\r\n\r\n");
        Ok(head.into())
    }

    /// Returns the content for one attempt.
    pub(super) fn open(&self) -> Piece {
        self.content.open(self.length).map_or(Piece::Gone, Piece::Content)
    }
}

/// Escapes a name as browsers do, so that it cannot end the quoted text or the line.
fn escape_name(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// Shows neither the content nor the file name.
impl fmt::Debug for FormPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPart")
            .field("content", &self.content)
            .field("is_file", &self.file_name.is_some())
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}
