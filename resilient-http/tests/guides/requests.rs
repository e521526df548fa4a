//! The code of `docs/requests.md`.

// excerpt: client
use std::time::Duration;

use resilient_http::{ApiClient, ApiKey, Auth, BuildError};

/// Pass `ApiKey::env("EXAMPLE_KEY")`, for example. If it is not set, `build` fails.
fn client(base: &str, key: ApiKey) -> Result<ApiClient, BuildError> {
    ApiClient::builder(base)
        .auth(Auth::bearer(key))
        .timeout(Duration::from_secs(5)) // one attempt, with the body of its response
        .deadline(Duration::from_secs(20)) // all attempts, and the waits between them
        .build()
}
// end excerpt

// excerpt: calls
use resilient_http::{ApiError, FormPart, IdempotencyKey, MultipartForm, Reply, Response};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Charge {
    cents: u64,
}

#[derive(Deserialize)]
struct Charged {
    id: String,
}

async fn calls(api: &ApiClient, scan: Vec<u8>) -> Result<String, ApiError> {
    let search = api.get("search").query([("q", "tea"), ("page", "2")]);
    let found: Vec<String> = search.await?;
    println!("{} found", found.len());

    // One key for all attempts of this call: now it may be retried.
    let charge = api.post("charges").json(&Charge { cents: 450 });
    let charged: Charged = charge.idempotency_key(IdempotencyKey::Auto).await?;

    // Asks for `users/a%2Fb`. An empty body is `()`.
    let () = api.delete("users/{id}").param("id", "a/b").await?;

    // With the status, the headers and the number of attempts.
    let names: Reply<Vec<String>> = api.get("names").await?;
    println!("{} names, status {}", names.value.len(), names.response.status());

    let logo: Response = api.get("logo.png").await?; // not parsed
    println!("{} bytes", logo.bytes().len());

    let scan = FormPart::new(scan).file_name("scan.pdf");
    let form = MultipartForm::new().text("title", "Contract").part("file", scan);
    let () = api.put("files/{id}").param("id", 7).multipart(form).await?;
    Ok(charged.id)
}
// end excerpt

// excerpt: refresh
use resilient_http::SecretString;

/// `tokens` is a client for the server that issues tokens.
fn with_tokens(base: &str, tokens: ApiClient) -> Result<ApiClient, BuildError> {
    let auth = Auth::refresh("authorization", move |_refused: Option<SecretString>| {
        let tokens = tokens.clone();
        async move {
            let token: String = tokens.post("token").await?;
            Ok::<_, ApiError>(SecretString::from(format!("Bearer {token}")))
        }
    });
    ApiClient::builder(base).auth(auth).build()
}
// end excerpt

// excerpt: pages
use resilient_http::NextPage;

#[derive(Deserialize)]
struct Found {
    items: Vec<String>,
    cursor: Option<String>,
}

/// Returns the number of users, and the number of results of a search.
async fn lists(api: &ApiClient) -> Result<(usize, usize), ApiError> {
    let list = api.get::<Vec<String>>("users").query([("per_page", "100")]);
    let mut users = list.pages().items();
    let mut count = 0;
    while let Some(user) = users.next().await {
        println!("{}", user?);
        count += 1;
    }

    let search = api.get("search").query([("q", "tea")]);
    let mut pages = search.pages_by(|page: &Found, _response| {
        Some(NextPage::query([("cursor", page.cursor.as_ref()?)]))
    });
    let mut found = 0;
    while let Some(page) = pages.next().await {
        found += page?.items.len();
    }
    Ok((count, found))
}
// end excerpt

// excerpt: streams
/// Returns the size of an export, and the prices that the server sends as events.
async fn streams(api: &ApiClient) -> Result<(usize, Vec<String>), ApiError> {
    let mut export = api.get("exports/{id}").param("id", 7).stream().await?;
    let mut size = 0;
    while let Some(chunk) = export.chunk().await {
        size += chunk?.len();
    }

    let mut prices = Vec::new();
    let mut events = api.get("prices").events().await?;
    while let Some(event) = events.next_event().await {
        prices.push(event?.data);
    }
    Ok((size, prices))
}
// end excerpt

// excerpt: shutdown
async fn end(api: &ApiClient) {
    if let Err(still_running) = api.shutdown(Duration::from_secs(10)).await {
        eprintln!("{still_running}");
    }
}
// end excerpt

// excerpt: tower
use resilient_http::Classification;
use serde_json::Value;
use tower::limit::ConcurrencyLimitLayer;

fn layered(base: &str) -> Result<ApiClient, BuildError> {
    ApiClient::builder(base)
        .layer(ConcurrencyLimitLayer::new(20)) // at most 20 requests at a time
        .fail_when(|response| {
            // This API reports errors with the status 200.
            let body: Value = response.json().ok()?;
            body.get("error").map(|_| Classification::transient())
        })
        .build()
}
// end excerpt

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::support::api::{Api, Seen, answer, json};
use crate::support::within;

fn client_of(server: &Api) -> ApiClient {
    client(&format!("{}/v1", server.url), ApiKey::secret("k-1")).unwrap()
}

/// Returns the methods and targets of the requests that the server received.
fn targets(server: &Api) -> Vec<String> {
    server.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
}

#[tokio::test]
async fn the_calls_of_the_page_reach_the_paths_that_it_names() {
    let server = Api::serve(|n, seen| match seen.target.as_str() {
        "/v1/charges" if n == 1 => answer(502, &[], ""),
        "/v1/charges" => json(r#"{"id":"c1"}"#),
        "/v1/search?q=tea&page=2" | "/v1/names" => json(r#"["a"]"#),
        "/v1/logo.png" => answer(200, &[("content-type", "image/png")], "png"),
        _ => answer(204, &[], ""),
    })
    .await;
    let id = within("the calls", calls(&client_of(&server), b"scan".to_vec())).await.unwrap();
    assert_eq!(id, "c1");
    let expected = [
        "GET /v1/search?q=tea&page=2",
        "POST /v1/charges",
        "POST /v1/charges",
        "DELETE /v1/users/a%2Fb",
        "GET /v1/names",
        "GET /v1/logo.png",
        "PUT /v1/files/7",
    ];
    assert_eq!(targets(&server), expected);

    let seen = server.seen();
    assert!(seen.iter().all(|seen| seen.header("authorization") == Some("Bearer k-1")));
    let key = seen[1].header("idempotency-key");
    assert!(key.is_some_and(|key| !key.is_empty()));
    assert_eq!((seen[2].header("idempotency-key"), seen[2].text()), (key, r#"{"cents":450}"#));
    let form = seen[6].text();
    assert!(form.contains("Contract") && form.contains("filename=\"scan.pdf\""), "{form}");
}

#[test]
fn a_missing_key_is_an_error_when_the_client_is_built() {
    let key = ApiKey::env("RESILIENT_HTTP_NO_KEY");
    let error = client("https://api.example.com/v1", key).unwrap_err();
    assert!(error.to_string().contains("RESILIENT_HTTP_NO_KEY"), "{error}");
}

#[tokio::test]
async fn after_a_401_even_a_post_is_sent_again_with_the_next_token() {
    let count = AtomicUsize::new(0);
    let tokens = Api::serve(move |_, _| {
        let tokens = [r#""t-1""#, r#""t-2""#];
        json(tokens[count.fetch_add(1, SeqCst).min(1)])
    })
    .await;
    let server = Api::serve(|_, seen| match seen.header("authorization") {
        Some("Bearer t-2") => answer(204, &[], ""),
        _ => answer(401, &[], ""),
    })
    .await;
    let issuer = ApiClient::builder(tokens.url.as_str()).build().unwrap();
    let api = with_tokens(&server.url, issuer).unwrap();
    within("the call", api.post::<()>("orders")).await.unwrap();
    assert_eq!(targets(&tokens), ["POST /token", "POST /token"]);
    assert_eq!(targets(&server), ["POST /orders", "POST /orders"]);
}

#[tokio::test]
async fn lists_are_read_page_by_page_to_their_end() {
    let server = Api::serve(|_, seen| match seen.target.as_str() {
        "/v1/users?per_page=100" => {
            let next = [("link", r#"</v1/users?page=2>; rel="next""#)];
            answer(200, &next, r#"["a", "b"]"#)
        }
        "/v1/users?page=2" => json(r#"["c"]"#),
        "/v1/search?q=tea" => json(r#"{"items":["a"],"cursor":"x"}"#),
        "/v1/search?q=tea&cursor=x" => json(r#"{"items":["b"],"cursor":null}"#),
        _ => answer(404, &[], ""),
    })
    .await;
    assert_eq!(within("the lists", lists(&client_of(&server))).await.unwrap(), (3, 2));
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn streams_are_read_to_their_end() {
    let server = Api::serve(|_, seen| match seen.target.as_str() {
        "/v1/exports/7" => answer(200, &[], "all of it"),
        "/v1/prices" => {
            let kind = [("content-type", "text/event-stream")];
            answer(200, &kind, "data: 1\n\ndata: 2\n\n")
        }
        _ => answer(404, &[], ""),
    })
    .await;
    let api = client_of(&server);
    let read = within("the streams", streams(&api)).await.unwrap();
    assert_eq!(read, (9, vec!["1".to_owned(), "2".to_owned()]));
    assert_eq!(api.circuit_breaker().snapshot().in_flight, 0);
}

#[tokio::test]
async fn a_client_that_was_shut_down_sends_nothing() {
    let server = Api::serve(|_, _: &Seen| json("[]")).await;
    let api = client_of(&server);
    within("the end", end(&api)).await;
    assert!(matches!(streams(&api).await, Err(ApiError::Closed)));
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_error_in_a_success_is_retried_like_a_failure_of_the_server() {
    let server = Api::serve(|n, _| match n {
        0 => json(r#"{"error":"busy"}"#),
        _ => json(r#"{"price":250}"#),
    })
    .await;
    let api = layered(&server.url).unwrap();
    let price: Value = within("the call", api.get("price")).await.unwrap();
    assert_eq!((price, server.count()), (serde_json::json!({"price": 250}), 2));
}
