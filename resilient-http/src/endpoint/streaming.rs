//! Calls of an endpoint whose response is a stream of events.

use std::future::Future;

use serde::Serialize;

use super::call_options::CallOptions;
use super::handle::Endpoint;
use crate::error::ApiError;
use crate::stream::EventStream;

impl<Req: Serialize + ?Sized, Res> Endpoint<Req, Res> {
    /// Calls the endpoint and returns the server-sent events of the response, as soon as the head
    /// of the response arrives.
    ///
    /// With a [`Preset`](crate::Preset), this sets the field `stream` of the request to `true`. The
    /// stream then ends at the API's last event (`[DONE]` of `OpenAI`), and an event that reports
    /// an error ends it with [`ApiError::Judged`]. Without a preset, set what your API needs, and
    /// use [`end_when`](EventStream::end_when) and [`fail_when`](EventStream::fail_when).
    ///
    /// Streams are neither read from the cache nor cached.
    ///
    /// ```
    /// # #[cfg(feature = "test-util")] {
    /// use resilient_http::{ApiKey, Endpoint, EndpointConfig, MockTransport, Preset};
    /// use serde_json::{Value, json};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = EndpointConfig::builder("chat", "openai")
    ///     .preset(Preset::OPENAI)
    ///     .api_key(ApiKey::env("OPENAI_API_KEY"))
    /// #   .api_key(ApiKey::secret("k")).base_url("http://localhost/v1")
    ///     .build()?;
    /// let chat = Endpoint::<Value, Value>::builder(config)
    /// #   .transport(MockTransport::new(|request| {
    /// #       assert_eq!(&request.body()[..], br#"{"messages":[],"stream":true}"#);
    /// #       let piece = |text| json!({"choices": [{"delta": {"content": text}}]});
    /// #       let (all, is) = (piece("All"), piece(" is"));
    /// #       let body = format!("data: {all}\n\ndata: {is}\n\ndata: [DONE]\n\n");
    /// #       let response = http::Response::builder();
    /// #       let response = response.header("content-type", "text/event-stream");
    /// #       Ok(response.body(body.into()).unwrap())
    /// #   }))
    ///     .build()?;
    /// let mut text = String::new();
    /// let mut events = chat.stream(&json!({"messages": []})).await?;
    /// while let Some(event) = events.next_event().await {
    ///     let chunk: Value = event?.json()?;
    ///     text += chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
    /// }
    /// assert_eq!(text, "All is");
    /// # Ok(()) }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with the head of a success, or if the
    /// response is not `text/event-stream`.
    pub fn stream<'a>(
        &'a self,
        request: &Req,
    ) -> impl Future<Output = Result<EventStream, ApiError>> + Send + use<'a, Req, Res> {
        self.stream_with(request, &CallOptions::new())
    }

    /// Calls the endpoint with options and returns the server-sent events of the response. See
    /// [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// Returns an [`ApiError`] if the call does not end with the head of a success, or if the
    /// response is not `text/event-stream`.
    pub fn stream_with<'a>(
        &'a self,
        request: &Req,
        options: &CallOptions,
    ) -> impl Future<Output = Result<EventStream, ApiError>> + Send + use<'a, Req, Res> {
        // The request is prepared here, so that the future borrows neither the request nor the
        // options.
        let prepared = self.prepare_stream(request, options);
        let format = self.event_format();
        let permanent = self.config().merged.permanent_codes.clone().unwrap_or_default();
        async move {
            let events = self.client().stream(&prepared?).await?.events()?;
            Ok(match format {
                None => events,
                Some(format) => events
                    .end_when(move |event| format.is_end(event))
                    .fail_when(move |event| format.judge(event, &permanent)),
            })
        }
    }
}
