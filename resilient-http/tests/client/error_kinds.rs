//! Each kind of error has its text, and shows what its fields say.

use std::error::Error as _;
use std::time::Duration;

use http_body_util::Full;
use resilient_http::{
    ApiClient, ApiClientBuilder, ApiError, ApiKey, Auth, Body, BuildError, Bytes, ErrorKind,
    MockTransport, Phase, Response, TransportError,
};

use crate::support::pipe::Pipe;
use crate::support::settings::quickly;
use crate::support::{until, within};

fn over(
    respond: impl Fn() -> Result<http::Response<Bytes>, TransportError> + Send + Sync + 'static,
) -> ApiClientBuilder {
    let transport = MockTransport::new(move |_| respond());
    ApiClient::builder("http://localhost").transport(transport).retry(quickly(0))
}

/// A client whose transport responds with this status, and a body of eight bytes.
fn responding(status: u16) -> ApiClientBuilder {
    over(move || Ok(http::Response::builder().status(status).body("\"canary\"".into()).unwrap()))
}

async fn failed(api: ApiClientBuilder) -> ApiError {
    within("the call", api.build().unwrap().get::<u32>("x")).await.unwrap_err()
}

#[tokio::test]
async fn each_error_says_what_happened() {
    let body_limit = responding(200).body_limit(7);
    for (api, kind, text) in [
        (responding(401), ErrorKind::Authentication, "the credentials were not accepted"),
        (responding(403), ErrorKind::Forbidden, "forbidden"),
        (responding(404), ErrorKind::NotFound, "not found"),
        (responding(409), ErrorKind::Status, "the server refused"),
        (responding(429), ErrorKind::RateLimited, "too many requests"),
        (responding(500), ErrorKind::Server, "the server failed"),
    ] {
        let error = failed(api).await;
        let status = error.status().unwrap().as_u16();
        assert_eq!(error.to_string(), format!("GET x: {text} (status {status})"));
        assert_eq!(error.kind(), kind);
    }
    let decode = failed(responding(200)).await;
    assert_eq!(decode.to_string(), "GET x: the response cannot be read (status 200)");
    let large = failed(body_limit).await;
    assert_eq!(large.to_string(), "GET x: the response is longer than 7 bytes (status 200)");
    let printed = format!("{large:?}");
    assert!(printed.contains("kind: TooLarge, limit: 7"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_time_limit_says_which_limit_passed() {
    let pipe = Pipe::default();
    let builder = || ApiClient::builder("http://localhost").transport(pipe.clone());
    let (short, long) = (Duration::from_secs(2), Duration::from_secs(5));
    for (api, text, shown) in [
        (builder().timeout(short).retry(quickly(0)), "no response within 2s", "Attempt"),
        (builder().timeout(long).deadline(short), "not done within its deadline of 2s", "Deadline"),
    ] {
        let error = failed(api).await;
        assert_eq!(error.to_string(), format!("GET x: {text}"));
        let printed = format!("{error:?}");
        assert!(printed.contains(&format!("phase: {shown}, after: 2s")), "{printed}");
    }
}

#[tokio::test]
async fn the_sources_of_a_failed_exchange_say_what_the_transport_saw() {
    for (failure, text, source) in [
        (TransportError::connection(Phase::Connect, "reset"), "no connection", Some("reset")),
        (
            TransportError::connection(Phase::Refused, "goaway"),
            "the server did not process the request",
            Some("goaway"),
        ),
        (
            TransportError::reused_connection("reset"),
            "the connection broke before a response",
            Some("reset"),
        ),
        (TransportError::timed_out("slow"), "the transport's time limit passed", Some("slow")),
        (
            TransportError::undecodable("bad gzip"),
            "the response cannot be decompressed",
            Some("bad gzip"),
        ),
        (TransportError::layer("full"), "a layer failed", Some("full")),
        (TransportError::unsendable("has no address"), "has no address", None),
    ] {
        assert_eq!(failure.to_string(), text);
        let why = std::error::Error::source(&failure).map(ToString::to_string);
        assert_eq!(why.as_deref(), source);
    }
}

#[tokio::test]
async fn the_source_of_a_failed_request_body_says_how_its_length_is_wrong() {
    let failed = async |stated: &str, sent: &'static str| {
        let api = over(|| Ok(http::Response::new("1".into()))).build().unwrap();
        let body = Body::once(Full::new(Bytes::from(sent)));
        let call = api.put::<u32>("x").header("content-length", stated).body(body);
        let error = within("the call", call).await.unwrap_err();
        assert_eq!(error.to_string(), "PUT x: the body of the request failed");
        error.source().unwrap().to_string()
    };
    assert_eq!(failed("3", "four").await, "the stream is longer than its stated length");
    assert_eq!(failed("5", "four").await, "the stream is shorter than its stated length");
}

#[tokio::test]
async fn an_error_and_a_response_report_all_rate_limits_and_the_tightest() {
    for status in [200, 400] {
        let respond = move || {
            let response = http::Response::builder()
                .status(status)
                .header("x-request-id", "r1")
                .header("x-ratelimit-limit-requests", "10")
                .header("x-ratelimit-remaining-requests", "9")
                .header("x-ratelimit-limit-tokens", "10")
                .header("x-ratelimit-remaining-tokens", "1");
            Ok(response.body("1".into()).unwrap())
        };
        let api = over(respond).build().unwrap();
        let (all, tightest) = match within("the call", api.get::<Response>("x")).await {
            Ok(response) => (response.rate_limits(), response.rate_limit()),
            Err(error) => (error.rate_limits(), error.rate_limit()),
        };
        let names: Vec<_> = all.iter().map(|limit| limit.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["requests", "tokens"], "{status}");
        assert_eq!(tightest.unwrap().name.as_deref(), Some("tokens"), "{status}");
        if status == 200 {
            let streamed = within("the head", api.get("x").stream()).await.unwrap();
            assert_eq!(streamed.rate_limits(), all);
            assert_eq!(streamed.rate_limit(), Some(all[1].clone()));
            assert_eq!(streamed.request_id(), Some("r1"));
        }
    }
    assert!(ApiError::Closed.rate_limits().is_empty(), "no response");
}

#[tokio::test]
async fn the_error_of_a_body_says_where_it_cannot_be_read() {
    let api = |body: &'static [u8]| {
        over(move || Ok(http::Response::new(Bytes::from_static(body)))).build().unwrap()
    };
    let read = async |body| within("the call", api(body).get::<Response>("x")).await.unwrap();
    let error = read(b"[1,\n 2").await.json::<Vec<u32>>().unwrap_err();
    assert_eq!(error.to_string(), "the JSON ends too early, at line 2 column 2");
    assert_eq!((error.line(), error.column()), (2, 2));
    let error = read(b"caf\xe9").await.text().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.line()), ("not UTF-8", 0));
    assert!(error.details().contains("index 3"), "{}", error.details());
}

#[tokio::test]
async fn the_error_of_a_shutdown_counts_the_calls() {
    for (count, text) in [(1, "1 call is still running"), (2, "2 calls are still running")] {
        let api = ApiClient::builder("http://localhost").transport(Pipe::default());
        let api = api.build().unwrap();
        let calls: Vec<_> = (0..count)
            .map(|_| {
                let api = api.clone();
                tokio::spawn(async move { api.get::<u32>("x").await })
            })
            .collect();
        until("the calls began", || api.in_flight() == count).await;
        let left = api.shutdown(Duration::ZERO).await.unwrap_err();
        assert_eq!((left.calls(), left.to_string().as_str()), (count, text));
        drop(calls);
    }
}

#[test]
fn each_kind_is_printed_as_its_label() {
    for kind in [ErrorKind::Connection, ErrorKind::RateLimited, ErrorKind::CircuitOpen] {
        assert_eq!(kind.to_string(), kind.as_str());
        assert_eq!(format!("{kind:>20}"), format!("{:>20}", kind.as_str()));
    }
}

#[test]
fn credentials_that_cannot_be_sent_are_refused_when_the_client_is_built() {
    let refused = |auth| -> BuildError {
        ApiClient::builder("http://localhost").auth(auth).build().unwrap_err()
    };
    let key = || ApiKey::secret("k");
    let name = format!("resilient-http-empty-{}", std::process::id());
    let empty = std::env::temp_dir().join(name);
    std::fs::write(&empty, "\u{feff}\n").unwrap();
    let missing = refused(Auth::bearer(ApiKey::file("no/such/key")));
    assert!(missing.to_string().contains("cannot be read"), "{missing}");
    assert!(missing.source().unwrap().is::<std::io::Error>());
    for (auth, text) in [
        (Auth::basic("a:b", key()), "user name has a `:`"),
        (Auth::query("", key()), "name of the key in the query is empty"),
        (Auth::bearer(ApiKey::env("RESILIENT_HTTP_NO_KEY")), "is not set"),
        (Auth::bearer(ApiKey::file(&empty)), "is empty"),
    ] {
        let error = refused(auth).to_string();
        assert!(error.contains(text), "{error}");
    }
    std::fs::remove_file(&empty).unwrap();
}
