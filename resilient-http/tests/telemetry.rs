//! Spans and durations follow the semantic conventions of OpenTelemetry.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use resilient_http::{Auth, SecretString};
use support::api::{Api, answer, json, status};
use support::raw::{Raw, Step, refusing};
use support::settings::client;
use support::within;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// The tests hold this lock, so that they run one at a time. They share the cache in which
/// `tracing` stores which call sites are enabled.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A span with its fields and the name of its parent.
#[derive(Debug, Clone, Default)]
struct Span {
    id: u64,
    target: &'static str,
    name: &'static str,
    parent: Option<&'static str>,
    fields: BTreeMap<&'static str, String>,
}

impl Span {
    fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

/// All spans of one thread, in the order in which they began.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

impl Spans {
    fn listen() -> (Self, DefaultGuard) {
        let spans = Self::default();
        let subscriber = Registry::default().with(spans.clone());
        (spans, tracing::subscriber::set_default(subscriber))
    }

    fn named(&self, name: &str) -> Vec<Span> {
        let spans = self.0.lock().unwrap();
        spans.iter().filter(|span| span.name == name).cloned().collect()
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context.span(id).and_then(|span| span.parent());
        let mut span = Span {
            id: id.into_u64(),
            target: attributes.metadata().target(),
            name: attributes.metadata().name(),
            parent: parent.map(|span| span.name()),
            fields: BTreeMap::new(),
        };
        attributes.record(&mut span);
        self.0.lock().unwrap().push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        let span = spans.iter_mut().rev().find(|span| span.id == id.into_u64());
        values.record(span.unwrap());
    }
}

#[tokio::test]
async fn a_refresh_of_credentials_stands_between_the_spans_of_its_requests() {
    let _alone = ALONE.lock().await;
    let tokens = Api::serve(|n, _| json(["\"t1\"", "\"t2\""][n])).await;
    let server = Api::serve(|_, seen| match seen.header("authorization") {
        Some("t2") => json("1"),
        _ => status(401),
    })
    .await;
    let token_client = client(&tokens.url).no_retry().build().unwrap();
    let auth = Auth::refresh("authorization", move |_| {
        let call = token_client.get::<String>("token").send();
        async { call.await.map(SecretString::from) }
    });
    let api = client(&server.url).auth(auth).build().unwrap();
    let (spans, _guard) = Spans::listen();
    let _: u32 = within("the call", api.get("x")).await.unwrap();
    let requests = spans.named("http_request");
    let shown = requests.iter().map(|span| {
        let field = |name| span.get(name).unwrap_or("-");
        (
            field("url.template"),
            field("http.response.status_code"),
            field("http.request.resend_count"),
        )
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [("token", "200", "-"), ("x", "401", "-"), ("token", "200", "-"), ("x", "200", "1")]
    );
    assert!(requests.iter().all(|span| span.parent == Some("circuit_breaker")));
}

#[tokio::test]
async fn each_attempt_has_a_client_span_inside_one_internal_span() {
    let _alone = ALONE.lock().await;
    let server = Api::serve(|n, _| if n < 2 { status(503) } else { json("1") }).await;
    let api = client(&server.url).build().unwrap();
    let (spans, _guard) = Spans::listen();
    let call = api.get::<u32>("users/{id}").param("id", "secret");
    within("the call", call.query([("q", "secret")])).await.unwrap();
    let calls = spans.named("api_call");
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call.target, "resilient::http");
    let retries = spans.named("retry");
    assert_eq!((retries.len(), retries[0].parent), (1, Some("api_call")));
    assert_eq!(call.get("otel.kind"), Some("internal"));
    assert_eq!((call.get("attempts"), call.get("error.type")), (Some("3"), None));
    let requests = spans.named("http_request");
    assert_eq!(requests.len(), 3);
    for (n, request) in requests.iter().enumerate() {
        assert_eq!(request.target, "resilient::http");
        // At DEBUG, the spans of the retry, its attempts and the breaker are between the two.
        assert_eq!(request.parent, Some("circuit_breaker"));
        assert_eq!(request.get("otel.kind"), Some("client"));
        assert_eq!(request.get("otel.name"), Some("GET users/{id}"));
        assert_eq!(request.get("http.request.method"), Some("GET"));
        assert_eq!(request.get("url.template"), Some("users/{id}"));
        assert_eq!(request.get("server.address"), Some("127.0.0.1"));
        assert!(server.url.ends_with(request.get("server.port").unwrap()));
        let resent = (n > 0).then(|| n.to_string());
        assert_eq!(request.get("http.request.resend_count"), resent.as_deref());
        let (status, error) = if n < 2 { ("503", Some("503")) } else { ("200", None) };
        assert_eq!(request.get("http.response.status_code"), Some(status));
        assert_eq!(request.get("error.type"), error);
        assert_eq!(request.get("otel.status_code"), error.map(|_| "ERROR"));
    }
    assert!(!format!("{:?}", spans.0.lock().unwrap()).contains("secret"));
}

#[tokio::test]
async fn a_redirect_counts_as_a_resend_and_a_broken_connection_has_an_error_type() {
    let _alone = ALONE.lock().await;
    let server = Api::serve(|n, _| match n {
        0 => answer(302, &[("location", "/there")], ""),
        _ => json("1"),
    })
    .await;
    let (spans, _guard) = Spans::listen();
    let api = client(&server.url).build().unwrap();
    let _: u32 = within("the call", api.get("x")).await.unwrap();
    let requests = spans.named("http_request");
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].get("error.type"), None);
    assert_eq!(requests[1].get("http.request.resend_count"), Some("1"));
    assert_eq!(spans.named("api_call")[0].get("attempts"), Some("1"));

    let (spans, _guard) = Spans::listen();
    let api = client(&refusing()).no_retry().build().unwrap();
    within("the call", api.get::<u32>("x")).await.unwrap_err();
    let request = &spans.named("http_request")[0];
    assert_eq!(request.get("error.type"), Some("connection"));
    assert_eq!(request.get("http.response.status_code"), None);
    assert_eq!(spans.named("api_call")[0].get("error.type"), Some("connection"));
}

#[tokio::test]
async fn the_durations_of_requests_are_measured_by_status_and_error() {
    let _alone = ALONE.lock().await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    let server = Api::serve(|n, _| if n < 1 { status(503) } else { json("1") }).await;
    let api = client(&server.url).build().unwrap();
    within("the call", api.get::<u32>("users/{id}").param("id", 7)).await.unwrap();
    let stalling = Raw::always(vec![Step::Stall]).await;
    let slow = client(&stalling.url).no_retry().timeout(Duration::from_millis(50));
    let call = slow.build().unwrap().get::<u32>("x").into_future();
    within("the call", call).await.unwrap_err();
    drop(guard);
    let mut found = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        if key.key().name() != "http.client.request.duration" {
            continue;
        }
        let labels: BTreeMap<_, _> = key
            .key()
            .labels()
            .map(|label| (label.key().to_owned(), label.value().to_owned()))
            .collect();
        assert_eq!(labels["http.request.method"], "GET");
        assert_eq!(labels["server.address"], "127.0.0.1");
        assert!(!labels.contains_key("url.template"));
        let DebugValue::Histogram(times) = value else { panic!() };
        assert_eq!(times.len(), 1);
        assert!(times[0].into_inner() > 0.0);
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        found.push((label("http.response.status_code"), label("error.type")));
    }
    found.sort();
    let expected = [("", "cancelled"), ("200", ""), ("503", "503")];
    assert_eq!(found, expected.map(|(status, error)| (status.to_owned(), error.to_owned())));
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn the_waits_for_a_server_that_holds_back_calls_are_measured_by_result() {
    let _alone = ALONE.lock().await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let sent = std::sync::atomic::AtomicU32::new(0);
    let transport = resilient_http::MockTransport::new(move |_| {
        let response = http::Response::builder();
        let response = match sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => response.status(429).header("retry-after", "5"),
            _ => response,
        };
        Ok(response.body("1".into()).unwrap())
    });
    let api = resilient_http::ApiClient::builder("http://user:secret@localhost:81/v1");
    let api = api.transport(transport).build().unwrap();
    let impatient = || api.get::<u32>("x").deadline(Duration::from_secs(2)).into_future();
    impatient().await.unwrap_err();
    impatient().await.unwrap_err();
    let call = api.get::<u32>("x").into_future();
    tokio::time::timeout(Duration::from_secs(1), call).await.unwrap_err();
    assert_eq!(api.get::<u32>("x").await.unwrap(), 1);
    assert_eq!(api.get::<u32>("x").await.unwrap(), 1);
    let mut waits = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        if key.key().name() != "resilient.http.hold.wait" {
            continue;
        }
        let labels: BTreeMap<_, _> =
            key.key().labels().map(|label| (label.key(), label.value())).collect();
        assert_eq!((labels["origin"], labels.len()), ("http://localhost:81", 2));
        let DebugValue::Histogram(times) = value else { panic!() };
        let seconds: Vec<_> = times.into_iter().map(|time| time.into_inner().floor()).collect();
        waits.insert(labels["result"].to_owned(), seconds);
    }
    let expected = [("left", vec![1.0]), ("refused", vec![0.0]), ("started", vec![4.0, 1.0])];
    assert_eq!(waits, expected.map(|(result, waits)| (result.to_owned(), waits)).into());
}
