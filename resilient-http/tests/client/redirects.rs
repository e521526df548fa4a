//! If a server redirects a `POST` to its result, the server has acted on the `POST`. So the client
//! does not repeat a `POST` that has no idempotency key.

use http_body_util::Full;
use resilient_http::{Body, Bytes, ErrorKind, IdempotencyKey, Response, RetriesDisabled};

use crate::support::api::{Api, answer};
use crate::support::settings::client;
use crate::support::within;

/// Starts a server that redirects requests of `/orders` with status `code`, and responds to the
/// redirected requests with `then`.
async fn sends_on(code: u16, then: (u16, &'static [(&'static str, &'static str)])) -> Api {
    Api::serve(move |_, seen| match seen.target.as_str() {
        "/orders" => answer(code, &[("location", "/result")], ""),
        _ => answer(then.0, then.1, ""),
    })
    .await
}

fn posts(server: &Api) -> usize {
    let seen = server.seen();
    seen.iter().filter(|seen| seen.method == "POST").count()
}

#[tokio::test]
async fn fm_f16_a_post_that_was_sent_on_is_not_replayed_whatever_its_result_answers() {
    for code in [301, 302, 303] {
        for then in [
            (429, &[("retry-after", "0")][..]),
            (503, &[("retry-after", "0")][..]),
            (500, &[("x-should-retry", "true")][..]),
        ] {
            let server = sends_on(code, then).await;
            let api = client(&server.url).build().unwrap();
            let call = api.post::<()>("orders").json("one");
            let error = within("the call", call).await.unwrap_err();
            assert_eq!(posts(&server), 1, "{code} {then:?}: {error:?}");
            assert_eq!(error.attempts(), 1);
            let why = error.retries_disabled();
            assert_eq!(why, Some(RetriesDisabled::NotIdempotent));
        }
    }
}

#[tokio::test]
async fn fm_f16_a_post_that_was_sent_on_is_not_replayed_when_there_is_no_connection_any_more() {
    // The server accepts one connection and refuses all later connections.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let answer =
            "HTTP/1.1 303 x\r\nlocation: /result\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let api = client(&url).build().unwrap();
    let call = api.post::<()>("orders").json("one");
    let error = within("the call", call).await.unwrap_err();
    server.await.unwrap();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(error.attempts(), 1, "{error:?}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_redirected_post_is_retried_if_it_has_a_key_or_the_redirect_was_a_307() {
    let then = (429, &[("retry-after", "0")][..]);
    let server = sends_on(303, then).await;
    let api = client(&server.url).build().unwrap();
    let call = api.post::<()>("orders").idempotency_key(IdempotencyKey::Auto);
    let error = within("the call", call).await.unwrap_err();
    assert_eq!((error.attempts(), posts(&server)), (3, 3));
    // Neither the redirect 307 nor the response 429 means that the server has acted on the request,
    // so the client retries.
    let server = sends_on(307, then).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.post::<()>("orders")).await.unwrap_err();
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn a_redirect_of_a_body_that_can_be_sent_only_once_is_not_followed() {
    let server = sends_on(307, (200, &[])).await;
    let api = client(&server.url).build().unwrap();
    let body = || Full::new(Bytes::from_static(b"one"));
    let once = api.put::<()>("orders").body(Body::once(body()));
    let error = within("the call", once).await.unwrap_err();
    assert!(error.is_redirect(), "{error:?}");
    assert_eq!(server.count(), 1);
    let again = api.put::<Response>("orders").body(Body::factory(body));
    within("the call", again).await.unwrap();
    assert_eq!(server.seen()[2].target, "/result");
    assert_eq!(server.seen()[2].text(), "one");
}

#[tokio::test]
async fn fm_f9_a_redirect_to_an_address_that_cannot_be_sent_is_not_followed() {
    let location = format!("/{}", "x".repeat(70_000));
    let server = Api::serve(move |_, _| answer(303, &[("location", &location)], "")).await;
    let api = client(&server.url).build().unwrap();
    let error = within("the call", api.post::<()>("orders")).await.unwrap_err();
    assert!(error.is_redirect(), "{error:?}");
    assert_eq!((server.count(), error.attempts()), (1, 1));
}
