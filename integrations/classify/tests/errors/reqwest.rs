//! Errors that reqwest makes of the responses of sockets on this machine.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, Error, redirect};
use resilient::events::Subscription;
use resilient::{BreakerConfig, CircuitBreaker, Outcome, circuit_breaker, retry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{
    FAILURE, FAILURE_RETRIED, IGNORED, IGNORED_RETRIED, SUCCESS, deadline, means, rejection,
};

/// Parts of a URL that no text may contain.
const QUERY: &str = "canary-of-the-query";
const PASSWORD: &str = "canary-of-the-password";
const USER: &str = "canary-of-the-user";
const FRAGMENT: &str = "canary-of-the-fragment";

fn url(address: SocketAddr) -> String {
    format!("http://{USER}:{PASSWORD}@{address}/p?t={QUERY}#{FRAGMENT}")
}

/// Returns the URL of a server that does not exist.
async fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url(listener.local_addr().unwrap())
}

async fn read_request(socket: &mut TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(socket.read_u8().await.unwrap());
    }
}

/// Responds to every request with these bytes, and then closes the connection. Without any bytes,
/// it keeps the connection open.
async fn respond(bytes: impl Into<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(listener.local_addr().unwrap());
    let bytes = bytes.into();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_request(&mut socket).await;
            socket.write_all(&bytes).await.unwrap();
            if bytes.is_empty() {
                open.push(socket);
            }
        }
    });
    url
}

/// Reads the text of a response, whose status must be a success.
async fn get(client: &Client, url: &str) -> Result<String, Error> {
    client.get(url).send().await?.error_for_status()?.text().await
}

/// Returns the health, the retry and the text, which must have no secret.
#[track_caller]
fn class(error: &Error) -> ((Outcome, bool), String) {
    let class = resilient_classify::reqwest(error);
    let text = class.text().unwrap().to_string();
    for canary in [QUERY, PASSWORD, USER, FRAGMENT, "canary"] {
        assert!(!text.contains(canary), "{text}");
    }
    (means(class), text)
}

/// Returns the class of the error, and its text without the address and the path.
async fn class_of_response(response: &str) -> ((Outcome, bool), String) {
    let error = get(&Client::new(), &respond(response).await).await.unwrap_err();
    assert!(error.to_string().contains(QUERY), "the text of reqwest has the query: {error}");
    let (class, text) = class(&error);
    let (what, url) = text.split_once(": http://127.0.0.1:").expect("a URL");
    // A long text is cut.
    assert!(text.len() == 64 || url.ends_with("/p"), "{text}");
    (class, what.to_owned())
}

#[tokio::test]
async fn each_status_has_its_class_and_the_text_has_no_query() {
    for (status, expected) in [
        (400, SUCCESS),
        (401, SUCCESS),
        (403, SUCCESS),
        (404, SUCCESS),
        (408, FAILURE_RETRIED),
        (409, SUCCESS),
        (422, SUCCESS),
        (429, IGNORED_RETRIED),
        (500, FAILURE_RETRIED),
        (501, FAILURE),
        (502, FAILURE_RETRIED),
        (503, FAILURE_RETRIED),
        (504, FAILURE_RETRIED),
        (505, FAILURE),
        (599, FAILURE),
    ] {
        let response = format!("HTTP/1.1 {status} Reason\r\ncontent-length: 0\r\n\r\n");
        let text = format!("status {status}");
        assert_eq!(class_of_response(&response).await, (expected, text), "{status}");
    }
}

#[tokio::test]
async fn a_response_that_breaks_off_is_a_failure_that_is_retried() {
    for (response, text) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort", "body broken"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nsh", "body broken"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n", "body broken"),
        ("HTTP/1.1 200 OK\r\ncontent-le", "request failed"),
        ("220 mail.example ESMTP\r\n", "request failed"),
    ] {
        let (class, what) = class_of_response(response).await;
        assert_eq!(class, FAILURE_RETRIED, "{response}");
        assert!(what.starts_with(text), "{what}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_the_expected_json_is_ignored_and_a_broken_one_is_not() {
    let read = async |response: &str| {
        let response = Client::new().get(respond(response).await).send().await.unwrap();
        class(&response.json::<u32>().await.unwrap_err())
    };
    let (ignored, text) = read("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>").await;
    assert_eq!(ignored, IGNORED);
    assert!(text.starts_with("body broken: http://127.0.0.1:"), "{text}");
    let (broken, _) = read("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n12").await;
    assert_eq!(broken, FAILURE_RETRIED);
}

#[tokio::test]
async fn a_server_that_is_not_reached_is_a_failure_that_is_retried() {
    let refused = get(&Client::new(), &closed().await).await.unwrap_err();
    assert!(refused.is_connect());
    let (refused, text) = class(&refused);
    assert_eq!(refused, FAILURE_RETRIED);
    assert!(text.starts_with("not connected (connection refused): http://127"), "{text}");

    let client = Client::builder().dns_resolver(Arc::new(Names(false))).build().unwrap();
    let unknown = get(&client, "http://name.test/").await.unwrap_err();
    assert!(unknown.is_dns());
    assert_eq!(class(&unknown).0, FAILURE_RETRIED);
}

#[tokio::test]
async fn a_timeout_is_a_failure_that_is_retried() {
    let client = Client::builder().timeout(Duration::from_millis(30)).build().unwrap();
    let head = get(&client, &respond("").await).await.unwrap_err();
    let (late, text) = class(&head);
    assert!(text.starts_with("timed out: http://127.0.0.1:"), "{text}");
    assert_eq!((head.is_timeout(), late), (true, FAILURE_RETRIED));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(listener.local_addr().unwrap());
    let body = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort").await.unwrap();
        socket
    });
    let late = get(&client, &url).await.unwrap_err();
    assert_eq!((late.is_timeout(), class(&late).0), (true, FAILURE_RETRIED));
    drop(body.await);
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_is_a_response_of_the_server() {
    let found = "HTTP/1.1 302 Found\r\nlocation: /path?token=canary\r\ncontent-length: 0\r\n\r\n";
    let circle = get(&Client::new(), &respond(found).await).await.unwrap_err();
    let (class_of_circle, text) = class(&circle);
    assert_eq!((circle.is_redirect(), class_of_circle), (true, SUCCESS));
    assert!(text.starts_with("redirect not followed: http://127.0.0.1:"), "{text}");

    let policy = redirect::Policy::custom(|attempt| attempt.error("another host"));
    let client = Client::builder().redirect(policy).build().unwrap();
    let refused = get(&client, &respond(found).await).await.unwrap_err();
    assert_eq!(class(&refused).0, SUCCESS);

    // The server to which the redirect leads does not exist.
    let away = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let unreachable = get(&Client::new(), &respond(away).await).await.unwrap_err();
    assert_eq!(class(&unreachable).0, FAILURE_RETRIED);
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_ignored() {
    let client = Client::new();
    let no_url = client.get("no url ?token=canary").build().unwrap_err();
    assert_eq!(class(&no_url), (IGNORED, "request not built".to_owned()));
    let header = client.get("http://127.0.0.1:1/").header("a", "line\nbreak").build();
    assert_eq!(class(&header.unwrap_err()).0, IGNORED);
    let scheme = get(&client, &format!("ftp://127.0.0.1:1/path?token={QUERY}")).await;
    assert_eq!(class(&scheme.unwrap_err()).0, IGNORED);
}

#[tokio::test]
async fn no_secret_of_the_url_reaches_a_snapshot_an_event_or_a_hook() {
    #[retry(classify = resilient_classify::reqwest, max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(breaker = breaker, on_open = |_| Ok(String::new()))]
    async fn classified(breaker: &CircuitBreaker, url: &str) -> Result<String, Error> {
        get(&Client::new(), url).await
    }

    #[retry(max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(breaker = breaker, on_open = |_| Ok(String::new()))]
    async fn bare(breaker: &CircuitBreaker, url: &str) -> Result<String, Error> {
        get(&Client::new(), url).await
    }

    let shown = |breaker: &CircuitBreaker, mut events: Subscription| {
        let mut shown = format!("{:?}", breaker.snapshot());
        while let Some(event) = events.try_next() {
            write!(shown, "{event:?}").unwrap();
        }
        shown
    };
    let config = BreakerConfig::builder().failure_threshold(2).build().unwrap();
    let url = closed().await;
    let breaker = CircuitBreaker::new("classified", config.clone());
    let events = breaker.subscribe(64);
    classified(&breaker, &url).await.unwrap_err();
    let text = shown(&breaker, events);
    assert!(text.contains("not connected (connection refused): http://127.0.0.1:"), "{text}");
    assert!(!text.contains("canary"), "{text}");

    // This shows that the test looks in the right places.
    let breaker = CircuitBreaker::new("bare", config);
    let events = breaker.subscribe(64);
    bare(&breaker, &url).await.unwrap_err();
    assert!(shown(&breaker, events).contains("canary"));
}

/// Resolves no name: because its breaker rejects the call, or because there are no names.
struct Names(bool);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let is_open = self.0;
        Box::pin(async move {
            if is_open {
                Err(rejection().into())
            } else {
                Err(format!("no {}", name.as_str()).into())
            }
        })
    }
}

/// Resolves no name in time.
struct Late;

impl Resolve for Late {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err(deadline().await.into()) })
    }
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_inside_the_error_decides() {
    let client = Client::builder().dns_resolver(Arc::new(Names(true))).build().unwrap();
    let open = get(&client, "http://name.test/").await.unwrap_err();
    assert_eq!(class(&open).0, IGNORED);
    let client = Client::builder().dns_resolver(Arc::new(Late)).build().unwrap();
    let late = get(&client, &format!("http://name.test/p?t={QUERY}")).await.unwrap_err();
    let (means_failure, text) = class(&late);
    assert_eq!(means_failure, FAILURE);
    // Below context as well: the attributes log the `Display` of an error whose class has no text.
    let of_any = resilient_classify::anyhow(&late.into());
    assert_eq!((means(of_any), of_any.text().unwrap().as_str()), (FAILURE, &*text));
}
