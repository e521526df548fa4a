//! A form whose parts are fields and files.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use uuid::Uuid;

use super::form_body::{FormBody, Piece};
use super::form_part::FormPart;
use crate::error::BuildError;
use crate::request::body::Body;

/// A form of the type `multipart/form-data`, for
/// [`RequestBuilder::multipart`](crate::RequestBuilder::multipart).
///
/// The parts are sent in the order in which they were added. Names are escaped as browsers do:
/// `"` becomes `%22`, and line breaks become `%0D` and `%0A`. Contents are sent unchanged.
///
/// ```no_run
/// # async fn example(api: resilient_http::ApiClient) -> Result<(), Box<dyn std::error::Error>> {
/// use resilient_http::{FormPart, MultipartForm};
///
/// let report = std::fs::read("report.csv")?;
/// let form = MultipartForm::new()
///     .text("title", "March")
///     .part("file", FormPart::new(report).file_name("report.csv").content_type("text/csv"));
/// let () = api.put("reports/{id}").param("id", 7).multipart(form).await?;
/// # Ok(()) }
/// ```
#[derive(Default)]
#[must_use]
pub struct MultipartForm {
    parts: Vec<(String, FormPart)>,
}

impl MultipartForm {
    /// Creates a form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. Several parts may have one name.
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.part(name, FormPart::new(value.into()))
    }

    /// Adds a part, such as a file. Several parts may have one name.
    pub fn part(mut self, name: impl Into<String>, part: FormPart) -> Self {
        self.parts.push((name.into(), part));
        self
    }

    /// Returns the body and its content type, which contains a random boundary.
    pub(crate) fn into_body(self) -> Result<(Body, HeaderValue), BuildError> {
        let boundary = format!("part-{}", Uuid::new_v4().simple());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let content_type = HeaderValue::try_from(content_type)
            .map_err(|_| BuildError::header("content-type", "cannot be written"))?;
        let is_replayable = self.parts.iter().all(|(_, part)| part.is_replayable());
        let heads = self.parts.iter().map(|(name, part)| part.head(name, &boundary));
        let heads: Vec<Bytes> = heads.collect::<Result<_, _>>()?;
        let parts = self.parts;
        let open = move || {
            let mut pieces = VecDeque::with_capacity(3 * parts.len() + 1);
            for (head, (_, part)) in heads.iter().zip(&parts) {
                pieces.push_back(Piece::Lines(head.clone()));
                pieces.push_back(part.open());
                pieces.push_back(Piece::Lines(Bytes::from_static(b"\r\n")));
            }
            pieces.push_back(Piece::Lines(format!("--{boundary}--\r\n").into()));
            FormBody::new(pieces)
        };
        let body = if is_replayable { Body::factory(open) } else { Body::once(open()) };
        Ok((body, content_type))
    }
}

/// Shows the number of parts, and neither names nor contents.
impl fmt::Debug for MultipartForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultipartForm").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}
