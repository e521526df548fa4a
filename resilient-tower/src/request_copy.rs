//! Copies of a request, so that it can be sent again.

/// Copies a request, so that it can be sent again. Closures `Fn(&Req) -> Option<Req>` implement
/// this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot copy a `{Req}`",
    note = "a request that is not `Clone` needs a function that copies it: see \
            `RetryLayer::copy_with`"
)]
pub trait RequestCopy<Req> {
    /// Returns a copy of the request, or `None` if it must be sent only once.
    fn copy(&self, request: &Req) -> Option<Req>;
}

/// Copies a request with `Clone`.
#[derive(Debug, Clone, Copy, Default)]
pub struct CloneRequest;

impl<Req: Clone> RequestCopy<Req> for CloneRequest {
    fn copy(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

impl<Req, F: Fn(&Req) -> Option<Req>> RequestCopy<Req> for F {
    fn copy(&self, request: &Req) -> Option<Req> {
        self(request)
    }
}
