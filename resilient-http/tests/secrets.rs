//! Row G1: neither this crate nor its dependencies print a secret, whatever the log level is.
//!
//! This file is a separate test program, because loggers are global.

#[path = "support/mod.rs"]
mod support;

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::future::IntoFuture;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient_http::{
    ApiClient, ApiError, ApiKey, ApiRequest, Auth, Body, Bytes, ErrorKind, IdempotencyKey,
    ReqwestTransport, Response, SecretString,
};
use serde_json::Value;
use support::api::{Api, answer, json};
use support::raw::{Raw, Step, refusing, write};
use support::settings::client;
use support::within;

/// The secret. Every value that a call in this file sends contains it.
const CANARY: &str = "cAnArY-7f3a";
/// `me:cAnArY-7f3a` in base64, as the scheme `Basic` sends it.
const ENCODED: &str = "bWU6Y0FuQXJZLTdmM2E=";

/// All text that loggers, errors and panics have printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    fn add(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn show(&self, what: &impl Debug) {
        self.add(&format!("{what:?}\n{what:#?}\n"));
    }

    fn show_error(&self, error: &ApiError) {
        self.show(error);
        let mut source: Option<&dyn Error> = Some(error);
        while let Some(error) = source {
            self.add(&format!("{error}\n{error:?}\n{error:#?}\n"));
            source = error.source();
        }
        // The panic hook records the message of this panic.
        let failed = std::hint::black_box(Err::<(), _>(error));
        catch_unwind(AssertUnwindSafe(|| failed.unwrap())).unwrap_err();
    }
}

impl io::Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Printed {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.add(&format!("{} {} {}\n", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Installs all loggers at their most verbose level.
fn listen() -> Printed {
    let printed = Printed::default();
    log::set_boxed_logger(Box::new(printed.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let writer = printed.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (panics, usual) = (printed.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.to_string();
        panics.add(&text);
        if !text.contains("Result::unwrap()") {
            usual(panic);
        }
    }));
    printed
}

/// Builds a `reqwest` client. If `verbose` is true, the client logs all traffic.
fn given(verbose: bool) -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.connection_verbose(verbose).build().unwrap()
}

/// Builds clients with the secret in every setting that can contain one.
fn clients(url: &str, printed: &Printed) -> Vec<ApiClient> {
    let key = || ApiKey::secret(CANARY);
    let printed_by_refresh = printed.clone();
    let fresh = || Ok::<_, io::Error>(SecretString::from(CANARY));
    let refresh = move |refused| {
        printed_by_refresh.show(&refused);
        std::future::ready(Ok::<_, io::Error>(SecretString::from(CANARY)))
    };
    let refuse = |_| std::future::ready(Ok::<_, io::Error>(format!("{CANARY}\n").into()));
    let base = url.replace("http://", &format!("http://me:{CANARY}@"));
    let builders = [
        client(url).auth(Auth::bearer(key())),
        client(url).auth(Auth::api_key("x-api-key", key())),
        client(url).auth(Auth::api_key("x-odd-name", key())),
        client(url).auth(Auth::basic("me", key())),
        client(url).auth(Auth::query("key", key())),
        client(url).auth(Auth::fresh("authorization", fresh)),
        client(url).auth(Auth::refresh("authorization", refresh)),
        client(url).auth(Auth::refresh("authorization", refuse)),
        client(url).header("cookie", CANARY).header("x-plain", CANARY),
        client(&base),
        client(url).auth(Auth::bearer(key())).configure(|it| it.connection_verbose(true)),
        client(url).transport(ReqwestTransport::given(given(false))),
    ];
    let builders = builders.into_iter();
    builders
        .map(|builder| {
            printed.show(&builder);
            let api = builder.timeout(Duration::from_millis(150)).build().unwrap();
            printed.show(&api);
            api
        })
        .collect()
}

/// Makes calls with the secret in path, query, headers, key and body.
async fn call_all(api: &ApiClient, printed: &Printed) -> Vec<Option<ErrorKind>> {
    let mut kinds = Vec::new();
    let text = CANARY;
    let calls = [
        api.get::<Vec<u32>>("users/{id}").param("id", text).query([("token", text)]),
        api.post("x").json(&[text]).header("authorization", text),
        api.put("x").form(&[("a", text)]).header("x-plain", text),
        api.delete("x").bytes(text).idempotency_key(text),
        api.patch("x").body(Body::once(http_body_util::Full::new(Bytes::from(text)))),
    ];
    for call in calls {
        printed.show(&call);
        match within("the call", call.into_future()).await {
            Ok(numbers) => {
                printed.show(&numbers);
                kinds.push(None);
            }
            Err(error) => {
                printed.show_error(&error);
                kinds.push(Some(error.kind()));
            }
        }
    }
    let prepared = api.request(resilient_http::Method::POST, "x/{id}").param("id", text);
    let prepared = prepared.query([("a", text)]).header("x-key", text).json(text);
    let prepared = prepared.idempotency_key(IdempotencyKey::Auto).prepare().unwrap();
    printed.show(&prepared);
    match within("the call", api.execute(&prepared)).await {
        Ok(response) => printed.show(&response),
        Err(error) => printed.show_error(&error),
    }
    kinds
}

/// Makes requests that the client refuses to build. The secret is in the invalid part of each
/// request.
async fn refuse_all(api: &ApiClient, printed: &Printed) {
    let text = CANARY;
    let long = text.repeat(1000);
    let broken = format!("{text}\n");
    let data: ApiRequest = serde_json::from_value(serde_json::json!({
        "params": {"a": {"b": text}}, "headers": {"x": text}, "url": format!("x/{text}?a={text}"),
    }))
    .unwrap();
    printed.show(&data);
    let errors = [
        api.get::<Value>(format!("users?key={text}")).await.unwrap_err(),
        api.get::<Value>(format!("https://{text}@evil.invalid/{text}")).await.unwrap_err(),
        api.get::<Value>(format!("https://evil.invalid/{text}")).await.unwrap_err(),
        api.get::<Value>(format!("//{text}/x")).await.unwrap_err(),
        api.get::<Value>("{id}").param("id", long).await.unwrap_err(),
        api.get::<Value>("x").param("id", text).await.unwrap_err(),
        api.get::<Value>("x").header("x", &broken).await.unwrap_err(),
        api.get::<Value>("x").header("authorization", &broken).await.unwrap_err(),
        api.get::<Value>("x").idempotency_key(broken.as_str()).await.unwrap_err(),
        api.get::<Value>("x").query([("a", [[text]])]).await.unwrap_err(),
        api.post::<Value>("x").form(&[("a", [[text]])]).await.unwrap_err(),
        api.post::<Value>("x").json(&(text, f64::NAN)).await.unwrap_err(),
        api.get::<Value>("x")
            .idempotency_key("k")
            .header("idempotency-key", text)
            .await
            .unwrap_err(),
        api.call::<Value>(&data).map(|_| ()).unwrap_err().into(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Build);
        printed.show_error(&error);
    }
    for builder in [
        ApiClient::builder(format!("ftp://{text}")),
        ApiClient::builder(format!("https://h/?key={text}")),
        ApiClient::builder(format!("https://me:{text}@h:port/")),
        ApiClient::builder(format!("http://me:{text}@example.com/")),
        ApiClient::builder("http://localhost").header("x-api-key", &broken),
        ApiClient::builder("http://localhost").header("idempotency-key", text),
        ApiClient::builder("http://localhost").auth(Auth::bearer(ApiKey::secret(broken.clone()))),
    ] {
        printed.show(&builder);
        let error = builder.build().unwrap_err();
        printed.show(&error);
        printed.add(&error.to_string());
    }
    printed.show(&text.parse::<ApiKey>().unwrap_err());
    printed.show(&format!("literal:{text}").parse::<ApiKey>().unwrap());
    printed.show(&Auth::basic(text, ApiKey::secret(text)));
}

#[tokio::test]
async fn fm_g1_a_secret_is_in_nothing_that_is_printed() {
    let printed = listen();
    let echo = format!("{{\"error\": \"{CANARY}\", \"n\": \"{CANARY}\"}}");
    let mut found = Vec::new();
    for status in [200, 301, 400, 401, 403, 404, 408, 429, 500, 503] {
        let echo = echo.clone();
        let location = format!("http://evil.invalid/?k={CANARY}");
        let headers = move |_, _: &_| {
            let limit = format!("\"{CANARY}\";r=1;t=1");
            let headers = [
                ("x-echo", CANARY),
                ("set-cookie", CANARY),
                ("location", &location),
                ("ratelimit", &limit),
            ];
            answer(status, &headers, echo.clone())
        };
        let server = Api::serve(headers).await;
        for api in clients(&server.url, &printed) {
            found.extend(call_all(&api, &printed).await);
        }
        let seen = format!("{:?}", server.seen());
        assert!(seen.contains(CANARY) && seen.contains(ENCODED), "it was sent");
    }
    for status in [429, 503] {
        // The hint is too long to wait for, so the client holds back the later calls.
        let echo = echo.clone();
        let headers = [("x-echo", CANARY), ("retry-after", "3600")];
        let server = Api::serve(move |_, _| answer(status, &headers, echo.clone())).await;
        for api in clients(&server.url, &printed) {
            found.extend(call_all(&api, &printed).await);
            found.extend(call_all(&api, &printed).await);
        }
    }
    for steps in [
        vec![Step::Reset],
        vec![Step::Stall],
        vec![write(format!("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{CANARY}"))],
        vec![
            write(format!(
                "HTTP/1.1 503 x\r\ncontent-length: 99\r\nx-echo: {CANARY}\r\n\r\n{CANARY}"
            )),
            Step::Stall,
        ],
        vec![write(format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 11\r\n\r\n{CANARY}"
        ))],
        vec![write(format!("{CANARY} banana\r\n\r\n"))],
        vec![write(format!("HTTP/1.1 200 OK\r\n{CANARY}\r\n\r\n"))],
    ] {
        let server = Raw::always(steps).await;
        for api in clients(&server.url, &printed).into_iter().take(2) {
            let api_kinds = call_all(&api, &printed).await;
            found.extend(api_kinds);
        }
    }
    let url = refusing();
    for api in clients(&url, &printed) {
        found.extend(call_all(&api, &printed).await);
        api.circuit_breaker().force_open();
        found.extend(call_all(&api, &printed).await);
        api.close();
        found.extend(call_all(&api, &printed).await);
        refuse_all(&api, &printed).await;
    }
    let server = Api::serve(|_, _| json("[1]")).await;
    for api in clients(&server.url, &printed) {
        found.extend(call_all(&api, &printed).await);
        match within("the call", api.get::<Response>("x")).await {
            Ok(response) => printed.show(&response),
            // One of the clients has no valid credentials.
            Err(error) => assert_eq!(error.kind(), ErrorKind::Credentials),
        }
    }
    for kind in [
        ErrorKind::Connection,
        ErrorKind::Timeout,
        ErrorKind::RateLimited,
        ErrorKind::Credentials,
        ErrorKind::Authentication,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Server,
        ErrorKind::Status,
        ErrorKind::Decode,
        ErrorKind::CircuitOpen,
        ErrorKind::Closed,
    ] {
        assert!(found.contains(&Some(kind)), "{kind} was not tried");
    }
    assert!(found.contains(&None));
    let leaks = leaks(&printed);
    assert!(leaks.is_empty(), "{}", &leaks[..leaks.len().min(4000)]);
    // Proves that the search can find a leak: a verbose client logs the secret.
    let api = client(&server.url).transport(ReqwestTransport::given(given(true)));
    call_all(&api.build().unwrap(), &printed).await;
    assert!(self::leaks(&printed).contains("TRACE"));
}

fn leaks(printed: &Printed) -> String {
    let mut leaks = String::new();
    for line in printed.text().lines() {
        if line.contains(CANARY) || line.contains(ENCODED) {
            writeln!(leaks, "{line}").unwrap();
        }
    }
    leaks
}
