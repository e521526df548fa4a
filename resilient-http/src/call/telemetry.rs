//! Spans and durations for the features `tracing` and `metrics`. Their names follow OpenTelemetry's
//! conventions.
//!
//! Spans and metrics show the method, the path template, the server and the status. They never show
//! URLs, parameters or headers, which may contain secrets. Therefore, they lack `url.full`, which
//! the conventions require.

use std::future::Future;

use http::{Method, StatusCode};
use url::Url;

use crate::error::ApiError;
#[cfg(feature = "tracing")]
use crate::log_target::HTTP;

/// The span of one request, from sending it to the end of its response.
pub(super) struct RequestSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    #[cfg(feature = "metrics")]
    measured: (std::time::Instant, Vec<metrics::Label>),
    status: Option<StatusCode>,
    is_over: bool,
}

impl RequestSpan {
    /// Starts the span. `resends` is the number of earlier requests of the same call, including
    /// redirects.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(super) fn begin(template: &str, method: &Method, url: &Url, resends: u32) -> Self {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        let (server, port) =
            (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        Self {
            #[cfg(feature = "tracing")]
            span: {
                let span = tracing::info_span!(
                    target: HTTP,
                    "http_request",
                    otel.kind = "client",
                    otel.name = format_args!("{method} {}", template.escape_debug()),
                    otel.status_code = tracing::field::Empty,
                    http.request.method = method.as_str(),
                    http.request.resend_count = tracing::field::Empty,
                    http.response.status_code = tracing::field::Empty,
                    url.template = %template.escape_debug(),
                    url.scheme = url.scheme(),
                    server.address = server,
                    server.port = port,
                    error.type = tracing::field::Empty,
                );
                if resends > 0 {
                    span.record("http.request.resend_count", resends);
                }
                span
            },
            #[cfg(feature = "metrics")]
            measured: (
                std::time::Instant::now(),
                vec![
                    metrics::Label::new("http.request.method", method_label(method)),
                    metrics::Label::new("server.address", server.to_owned()),
                    metrics::Label::new("server.port", port.to_string()),
                    metrics::Label::new("url.scheme", url.scheme().to_owned()),
                ],
            ),
            status: None,
            is_over: false,
        }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn within<F: Future>(&self, work: F) -> tracing::instrument::Instrumented<F> {
        tracing::Instrument::instrument(work, self.span.clone())
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "there is no span")]
    pub(super) fn within<F: Future>(&self, work: F) -> F {
        work
    }

    pub(super) fn record_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Ends the span. If there is an error, the span records it.
    pub(super) fn end(mut self, error: Option<&ApiError>) {
        self.finish(error.map(|error| error.kind().as_str()));
    }

    #[cfg_attr(
        not(any(feature = "tracing", feature = "metrics")),
        expect(unused_variables, reason = "nothing is recorded")
    )]
    fn finish(&mut self, error: Option<&'static str>) {
        self.is_over = true;
        // By the conventions, `error.type` is the status if the response has an error status.
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        let error = match (self.status, error) {
            (Some(status), Some(_)) if status.as_u16() >= 400 => Some(status.as_str().to_owned()),
            (_, error) => error.map(str::to_owned),
        };
        #[cfg(feature = "tracing")]
        {
            if let Some(status) = self.status {
                self.span.record("http.response.status_code", status.as_u16());
            }
            if let Some(error) = &error {
                self.span.record("error.type", error.as_str());
                self.span.record("otel.status_code", "ERROR");
            }
        }
        #[cfg(feature = "metrics")]
        {
            let (began, labels) = &mut self.measured;
            let mut labels = std::mem::take(labels);
            let status = self.status.map(|status| status.as_str().to_owned());
            let label = |name, value| metrics::Label::new(name, value);
            labels.extend(status.map(|status| label("http.response.status_code", status)));
            labels.extend(error.map(|error| label("error.type", error)));
            metrics::histogram!("http.client.request.duration", labels)
                .record(began.elapsed().as_secs_f64());
        }
    }
}

/// Ends the span of a request that a time limit ended or that the caller dropped.
impl Drop for RequestSpan {
    fn drop(&mut self) {
        if !self.is_over {
            self.finish(Some("cancelled"));
        }
    }
}

/// Returns the label of a method. Unusual methods share one label, to bound the number of labels.
#[cfg(feature = "metrics")]
fn method_label(method: &Method) -> String {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    let text = method.as_str();
    if known.contains(&text) { text } else { "_OTHER" }.to_owned()
}

/// The span of a whole call with its attempts and delays.
pub(super) struct CallSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl CallSpan {
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(super) fn begin(method: &Method, template: &str) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                target: HTTP,
                "api_call",
                otel.kind = "internal",
                otel.name = format_args!("call {method} {}", template.escape_debug()),
                otel.status_code = tracing::field::Empty,
                http.request.method = method.as_str(),
                url.template = %template.escape_debug(),
                attempts = tracing::field::Empty,
                error.type = tracing::field::Empty,
            ),
        }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn within<F: Future>(&self, work: F) -> tracing::instrument::Instrumented<F> {
        tracing::Instrument::instrument(work, self.span.clone())
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "there is no span")]
    pub(super) fn within<F: Future>(&self, work: F) -> F {
        work
    }

    /// Ends the span. If there is an error, the span records it.
    #[cfg(feature = "tracing")]
    pub(super) fn end(self, attempts: u32, error: Option<&ApiError>) {
        self.span.record("attempts", attempts);
        let Some(error) = error else { return };
        self.span.record("error.type", error.kind().as_str());
        self.span.record("otel.status_code", "ERROR");
        if let Some(why) = error.retries_disabled() {
            self.span.in_scope(
                || tracing::debug!(target: HTTP, reason = ?why, "no retries of this call"),
            );
        }
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "there is no span")]
    pub(super) fn end(self, _: u32, _: Option<&ApiError>) {}
}
