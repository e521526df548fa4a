//! Lists in pages: by the header `link`, by a cursor in the query or in the body, page by page and
//! item by item.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::response::Response;
use futures_core::Stream;
use resilient_http::{
    ApiClient, ApiError, Body, BuildErrorKind, Bytes, ErrorKind, IdempotencyKey, NextPage, Pages,
    Reply,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::api::{Api, Seen, answer, status};
use crate::support::settings::client;
use crate::support::within;

/// Returns the number after `page=` in the target of a request, or 1.
fn number(seen: &Seen) -> usize {
    let number = seen.target.split("page=").nth(1).unwrap_or("1");
    number.split('&').next().unwrap().parse().unwrap()
}

/// Returns page `number` of `[1, 2], [3, 4], …`, with this header `link`.
fn page(number: usize, link: &str) -> Response {
    let link = [("link", link)];
    let link = if link[0].1.is_empty() { &link[..0] } else { &link[..] };
    answer(200, link, format!("[{}, {}]", number * 2 - 1, number * 2))
}

/// Serves so many pages under `/v1/list`.
async fn pages_of(count: usize) -> Api {
    Api::serve(move |_, seen| {
        let n = number(seen);
        let next = format!("</v1/list?per=2&page={}>; rel=\"next\"", n + 1);
        page(n, if n < count { &next } else { "" })
    })
    .await
}

fn api(server: &Api) -> ApiClient {
    client(&format!("{}/v1", server.url)).build().unwrap()
}

type Numbers = Pages<Vec<u64>>;

async fn rest(pages: &mut Numbers) -> Result<Vec<Vec<u64>>, ApiError> {
    let mut all = Vec::new();
    while let Some(page) = within("a page", pages.next()).await {
        all.push(page?);
    }
    Ok(all)
}

/// Returns the error that follows these pages, and checks that the end follows the error.
async fn refused(pages: &mut Numbers, expected: &[[u64; 2]]) -> (BuildErrorKind, String) {
    for page in expected {
        assert_eq!(within("a page", pages.next()).await.unwrap().unwrap(), page);
    }
    let error = within("the error", pages.next()).await.unwrap().unwrap_err();
    assert!(within("the end", pages.next()).await.is_none());
    let ApiError::Build(error) = error else { panic!("{error}") };
    (error.kind(), error.to_string())
}

/// Serves one page with this header `link`.
async fn linking_to(link: &'static str) -> Api {
    Api::serve(move |_, _| page(1, link)).await
}

#[tokio::test]
async fn pages_follow_the_header_link_until_a_page_has_none() {
    let server = pages_of(3).await;
    let mut pages = api(&server).get("list").query([("per", "2")]).header("x-a", "1").pages();
    assert_eq!(server.count(), 0, "nothing is requested before the first page is asked for");
    assert_eq!(rest(&mut pages).await.unwrap(), [[1, 2], [3, 4], [5, 6]]);
    assert!(pages.next().await.is_none());
    let seen = server.seen();
    let targets: Vec<_> = seen.iter().map(|seen| seen.target.as_str()).collect();
    assert_eq!(targets, ["/v1/list?per=2", "/v1/list?per=2&page=2", "/v1/list?per=2&page=3"]);
    assert!(seen.iter().all(|seen| seen.header("x-a") == Some("1")));
}

#[tokio::test]
async fn a_list_of_one_page_and_an_empty_list_end_after_their_page() {
    let server = Api::serve(|_, _| answer(200, &[("link", "</v1/list>; rel=first")], "[]")).await;
    let mut pages: Numbers = api(&server).get("list").pages();
    assert_eq!(rest(&mut pages).await.unwrap(), [[0; 0]]);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_relative_link_is_resolved_against_the_address_of_its_page() {
    let server =
        Api::serve(|n, _| page(n + 1, ["<?page=2>; rel=next", "<other/list#x>; rel=next", ""][n]))
            .await;
    let mut pages: Numbers = api(&server).get("a/list").pages();
    assert_eq!(rest(&mut pages).await.unwrap().len(), 3);
    let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/v1/a/list", "/v1/a/list?page=2", "/v1/a/other/list"]);
}

#[tokio::test]
async fn a_relative_link_is_resolved_against_the_address_to_which_a_redirect_led() {
    let server = Api::serve(|n, _| match n {
        0 => answer(307, &[("location", "/v1/moved/list?page=1")], ""),
        1 => page(1, "<?page=2>; rel=next"),
        2 => page(2, "<rest>; rel=next"),
        _ => page(3, ""),
    })
    .await;
    let mut pages: Numbers = api(&server).get("list").pages();
    assert_eq!(rest(&mut pages).await.unwrap().len(), 3);
    let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    let expected = ["/v1/list", "/v1/moved/list?page=1", "/v1/moved/list?page=2", "/v1/moved/rest"];
    assert_eq!(targets, expected);
}

#[tokio::test]
async fn a_link_to_another_origin_is_refused_after_its_page() {
    for link in [
        "<https://evil.example/list?page=2>; rel=next",
        "<//evil.example/list>; rel=next",
        "<http://127.0.0.1:1/list>; rel=next",
    ] {
        let server = linking_to(link).await;
        let mut pages = api(&server).get("list").pages();
        let (kind, text) = refused(&mut pages, &[[1, 2]]).await;
        assert_eq!(kind, BuildErrorKind::CrossOrigin, "{link}");
        assert!(!text.contains("evil") && !text.contains("127"), "{text}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_link_that_leaves_the_fence_is_refused_and_the_error_names_the_fence() {
    for link in ["</v2/list>; rel=next", "<../v2/list>; rel=next", "</v1/..%2fv2>; rel=next"] {
        let server = linking_to(link).await;
        let base = format!("{}/v1", server.url);
        let fenced = client(&base).fence_path().build().unwrap();
        let mut pages = fenced.get("list").pages();
        let (kind, text) = refused(&mut pages, &[[1, 2]]).await;
        assert_eq!(kind, BuildErrorKind::CrossOrigin, "{link}");
        assert!(text.contains("`fence_path`"), "{text}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_read_or_contains_a_user_is_an_error_and_not_the_end() {
    for link in ["/v1/list?page=2; rel=next", "<http://[>; rel=next"] {
        let server = linking_to(link).await;
        let mut pages = api(&server).get("list").pages();
        assert_eq!(refused(&mut pages, &[[1, 2]]).await.0, BuildErrorKind::NextPage, "{link}");
    }
    let server = Api::serve(|_, seen| {
        let host = seen.header("host").unwrap();
        page(1, &format!("<http://me:canary@{host}/v1/list?page=2>; rel=next"))
    })
    .await;
    let mut pages = api(&server).get("list").pages();
    let (kind, text) = refused(&mut pages, &[[1, 2]]).await;
    assert_eq!((kind, text.contains("canary")), (BuildErrorKind::NextPage, false));
}

#[tokio::test]
async fn an_allowed_origin_gets_its_page_without_the_headers_and_credentials_of_the_client() {
    let other = Api::serve(|_, _| page(2, "")).await;
    let link: &'static str = format!("<{}/list?page=2>; rel=next", other.url).leak();
    let first = linking_to(link).await;
    let api = client(&first.url)
        .auth(resilient_http::Auth::bearer(resilient_http::ApiKey::secret("canary")))
        .header("x-client", "canary")
        .allow_origin(&other.url)
        .build()
        .unwrap();
    let builder = api.get("list").header("x-api-key", "canary").header("accept", "text/x");
    let mut pages: Numbers = builder.header("x-request", "kept").pages();
    assert_eq!(rest(&mut pages).await.unwrap(), [[1, 2], [3, 4]]);
    assert_eq!(first.only().header("authorization"), Some("Bearer canary"));
    let seen = other.only();
    assert!(!format!("{:?}", seen.headers).contains("canary"), "{seen:?}");
    assert_eq!((seen.header("accept"), seen.header("x-request")), (Some("text/x"), Some("kept")));
}

#[tokio::test]
async fn a_list_that_leads_back_to_an_earlier_page_is_an_error() {
    let server = Api::serve(|_, seen| {
        page(number(seen), ["", "<?page=2>; rel=next", "<?page=1>; rel=next"][number(seen)])
    })
    .await;
    let mut pages = api(&server).get("list").query([("page", "1")]).pages();
    let (kind, text) = refused(&mut pages, &[[1, 2], [3, 4]]).await;
    assert_eq!(kind, BuildErrorKind::NextPage);
    assert_eq!(text, "next page leads back to a page that was read");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_list_that_never_ends_is_an_error_after_the_limit() {
    let server = pages_of(usize::MAX).await;
    let mut pages = api(&server).get("list").pages().max_pages(3);
    let (kind, text) = refused(&mut pages, &[[1, 2], [3, 4], [5, 6]]).await;
    assert_eq!(kind, BuildErrorKind::NextPage);
    assert_eq!(text, "list has more than 3 pages, the limit");
    let server = pages_of(3).await;
    let mut exact: Numbers = api(&server).get("list").pages().max_pages(3);
    assert_eq!(rest(&mut exact).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_error_does_not_lose_the_position_and_each_page_is_a_call_with_its_retries() {
    // Page 2 fails for two calls of three attempts each. Page 3 needs one retry.
    let server = Api::serve(|n, seen| match (number(seen), n) {
        (2, ..=6) => status(503),
        (3, 8) => status(502),
        (3, _) => page(3, ""),
        (n, _) => page(n, &format!("<?page={}>; rel=next", n + 1)),
    })
    .await;
    let mut pages: Numbers = api(&server).get("list").pages();
    assert_eq!(pages.next().await.unwrap().unwrap(), [1, 2]);
    for _ in 0..2 {
        let error = pages.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    }
    assert_eq!(rest(&mut pages).await.unwrap(), [[3, 4], [5, 6]]);
    assert_eq!(server.count(), 1 + 6 + 1 + 2);
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_requested_again() {
    let server = Api::serve(|n, _| if n == 0 { answer(200, &[], "{}") } else { page(1, "") }).await;
    let mut pages: Numbers = api(&server).get("list").pages();
    assert_eq!(pages.next().await.unwrap().unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(rest(&mut pages).await.unwrap(), [[1, 2]]);
}

/// A body that never has a next part.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Pending
    }
}

/// Polls the stream once.
async fn poll_once<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *stream).poll_next(cx))).await
}

async fn next_of<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    within("the stream", poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx))).await
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_and_its_page_is_requested_again() {
    let holds = Arc::new(AtomicBool::new(true));
    let held = Arc::clone(&holds);
    let server = Api::serve(move |_, seen| {
        if number(seen) == 2 && held.load(SeqCst) {
            return Response::new(axum::body::Body::new(Endless));
        }
        page(number(seen), ["", "<?page=2>; rel=next", ""][number(seen)])
    })
    .await;
    let api = api(&server);
    let mut pages: Numbers = api.get("list").pages();
    assert_eq!(pages.next().await.unwrap().unwrap(), [1, 2]);
    let cut = tokio::time::timeout(Duration::from_millis(50), pages.next()).await;
    assert!(cut.is_err());
    assert_eq!(api.in_flight(), 0, "the dropped call has ended");
    // A call that the stream began ends, too, if the caller asks by `next` and drops that.
    assert!(poll_once(&mut pages).await.is_pending());
    assert_eq!(api.in_flight(), 1);
    drop(pages.next());
    assert_eq!(api.in_flight(), 1, "a future that was never polled ends nothing");
    drop(tokio::time::timeout(Duration::ZERO, pages.next()).await);
    assert_eq!(api.in_flight(), 0);
    holds.store(false, SeqCst);
    assert_eq!(pages.next().await.unwrap().unwrap(), [3, 4]);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn the_stream_returns_the_pages_and_the_items_and_ends_its_call_when_it_is_dropped() {
    let server = pages_of(3).await;
    let api = api(&server);
    let mut pages: Numbers = api.get("list").pages();
    assert_eq!(next_of(&mut pages).await.unwrap().unwrap(), [1, 2]);
    assert_eq!(pages.next().await.unwrap().unwrap(), [3, 4]);
    assert_eq!(next_of(&mut pages).await.unwrap().unwrap(), [5, 6]);
    assert!(next_of(&mut pages).await.is_none());

    let mut items = api.get::<Vec<u64>>("list").pages().items();
    for expected in 1..=6 {
        let item = if expected % 2 == 0 { next_of(&mut items).await } else { items.next().await };
        assert_eq!(item.unwrap().unwrap(), expected);
        assert_eq!(server.count() as u64, 3 + expected.div_ceil(2), "a page is asked for late");
    }
    assert!(next_of(&mut items).await.is_none());
    assert!(items.next().await.is_none());

    let mut pages: Numbers = api.get("list").pages();
    assert!(poll_once(&mut pages).await.is_pending());
    assert_eq!(api.in_flight(), 1);
    drop(pages);
    assert_eq!(api.in_flight(), 0);
}

#[tokio::test]
async fn the_items_are_a_stream_that_ends_with_the_list_or_reports_its_error() {
    let server = pages_of(2).await;
    let mut items = api(&server).get::<Vec<u64>>("list").pages().items();
    for expected in 1..=4 {
        assert_eq!(next_of(&mut items).await.unwrap().unwrap(), expected);
    }
    assert!(next_of(&mut items).await.is_none());

    let server = Api::serve(|n, _| match n {
        0 => answer(200, &[("link", "<?page=2>; rel=next")], "[1]"),
        _ => answer(404, &[], ""),
    })
    .await;
    let mut items = api(&server).get::<Vec<u64>>("list").pages().items();
    assert_eq!(next_of(&mut items).await.unwrap().unwrap(), 1);
    let error = next_of(&mut items).await.unwrap().unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
}

#[tokio::test]
async fn the_items_of_empty_pages_are_skipped_and_an_error_loses_no_item() {
    let server = Api::serve(|n, _| match n {
        0 => answer(200, &[("link", "<?page=2>; rel=next")], "[1]"),
        1 => answer(200, &[("link", "<?page=3>; rel=next")], "[]"),
        2 => answer(200, &[], "broken"),
        _ => answer(200, &[], "[2, 3]"),
    })
    .await;
    let mut items = api(&server).get::<Vec<u64>>("list").pages().items();
    let mut all = Vec::new();
    while let Some(item) = within("an item", items.next()).await {
        all.push(item.ok());
    }
    assert_eq!(all, [Some(1), None, Some(2), Some(3)]);
}

#[derive(Deserialize)]
struct CursorPage {
    items: Vec<u64>,
    next: Option<String>,
}

impl IntoIterator for CursorPage {
    type Item = u64;
    type IntoIter = std::vec::IntoIter<u64>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

#[tokio::test]
async fn a_cursor_replaces_its_own_value_in_the_query_and_nothing_else() {
    let bodies = [
        r#"{"items": [1], "next": "a/b &c"}"#,
        r#"{"items": [2], "next": "z"}"#,
        r#"{"items": [], "next": null}"#,
    ];
    let server = Api::serve(move |n, _| answer(200, &[], bodies[n])).await;
    let builder = api(&server).get("list").query([("q", "a b"), ("cursor", "0")]);
    let pages = builder
        .pages_by(|page: &CursorPage, _| Some(NextPage::query([("cursor", page.next.as_ref()?)])));
    let mut items = pages.items();
    let mut all = Vec::new();
    while let Some(item) = within("an item", items.next()).await {
        all.push(item.unwrap());
    }
    assert_eq!(all, [1, 2]);
    let targets: Vec<_> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets[0], "/v1/list?q=a+b&cursor=0");
    assert_eq!(targets[1], "/v1/list?q=a+b&cursor=a%2Fb+%26c");
    assert_eq!(targets[2], "/v1/list?q=a+b&cursor=z");
}

#[derive(Serialize)]
struct Search<'a> {
    text: &'a str,
    start: u64,
}

#[tokio::test]
async fn a_cursor_in_the_body_or_in_a_header_leads_to_the_next_page() {
    let server = Api::serve(|n, seen| {
        let start = serde_json::from_slice::<Value>(&seen.body).unwrap()["start"].clone();
        let after = [("x-after", "2"), ("x-after", "4"), ("x-end", "")][n];
        answer(200, &[after], format!("[{start}]"))
    })
    .await;
    let first = Search { text: "tea", start: 0 };
    let builder = api(&server).post("search").json(&first);
    let mut pages = builder.pages_by(|_: &Reply<Vec<u64>>, response| {
        let start = response.headers().get("x-after")?.to_str().ok()?.parse().ok()?;
        Some(NextPage::json(&Search { text: "tea", start }))
    });
    let mut all = Vec::new();
    while let Some(page) = within("a page", pages.next()).await {
        let page = page.unwrap();
        assert_eq!(page.response.attempts(), 1);
        all.extend(page.value);
    }
    assert_eq!(all, [0, 2, 4]);
    let types = server.seen().iter().filter(|it| it.header("content-type").is_some()).count();
    assert_eq!(types, 3);
}

#[tokio::test]
async fn each_page_of_a_post_has_its_own_automatic_key_and_a_given_key_is_refused() {
    let server = pages_of(2).await;
    let api = api(&server);
    let builder = api.post("list").json(&json!({})).idempotency_key(IdempotencyKey::Auto);
    let mut pages: Numbers = builder.pages();
    assert_eq!(rest(&mut pages).await.unwrap().len(), 2);
    let seen = server.seen();
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key").unwrap()).collect();
    assert_ne!(keys[0], keys[1]);

    let given = || api.post("list").json(&json!({}));
    for builder in [given().idempotency_key("order-17"), given().header("Idempotency-Key", "17")] {
        assert_eq!(refused(&mut builder.pages(), &[]).await.0, BuildErrorKind::Header);
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn mistakes_are_the_error_of_the_first_page() {
    let server = pages_of(1).await;
    let api = api(&server);
    let once = api.post("list").body(Body::once(http_body_util::Empty::new()));
    assert_eq!(refused(&mut once.pages(), &[]).await.0, BuildErrorKind::Body);
    let path = api.get("list/{missing}").pages();
    assert_eq!(refused(&mut { path }, &[]).await.0, BuildErrorKind::Parameter);
    let limit = api.get("list").pages().max_pages(0);
    assert_eq!(refused(&mut { limit }, &[]).await.0, BuildErrorKind::Setting);
    let query = api.get("list").pages_by(|_: &Vec<u64>, _| Some(NextPage::query(7)));
    assert_eq!(refused(&mut { query }, &[[1, 2]]).await.0, BuildErrorKind::Query);
    let length = api.post("list").json(&7).header("content-length", "1");
    let length = length.pages_by(|_: &Vec<u64>, _| Some(NextPage::json("longer")));
    assert_eq!(refused(&mut { length }, &[[1, 2]]).await.0, BuildErrorKind::Header);
}

#[tokio::test]
async fn a_closed_client_has_no_further_page_and_a_panic_in_the_function_loses_none() {
    let server = pages_of(2).await;
    let api = api(&server);
    let mut panics = true;
    let mut pages = api.get("list").pages_by(move |_: &Vec<u64>, _| {
        assert!(!std::mem::take(&mut panics), "a mistake of the caller");
        None
    });
    let task = tokio::spawn(async move {
        let caught = poll_fn(|cx| {
            let poll = || Pin::new(&mut pages).poll_next(cx);
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(_)) => panic!("the function did not run"),
                Err(caught) => Poll::Ready(caught),
            }
        });
        drop(caught.await);
        assert_eq!(pages.next().await.unwrap().unwrap(), [1, 2]);
        assert!(pages.next().await.is_none());
    });
    within("the task", task).await.unwrap();

    let mut pages: Numbers = api.get("list").pages();
    assert_eq!(pages.next().await.unwrap().unwrap(), [1, 2]);
    api.close();
    for _ in 0..2 {
        assert_eq!(pages.next().await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[tokio::test]
async fn pages_print_neither_addresses_nor_headers() {
    let server = pages_of(1).await;
    let builder = api(&server).get("list").query([("q", "canary")]).header("x-api-key", "canary");
    let pages: Numbers = builder.pages();
    let next = [NextPage::query([("c", "canary")]), NextPage::address("canary")];
    let text = format!("{pages:?} {next:?}");
    assert!(text.contains("max_pages: 10000") && !text.contains("canary"), "{text}");
}
