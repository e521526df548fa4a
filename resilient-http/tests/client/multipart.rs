//! Forms with files, read by the parser of another crate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use axum::extract::{FromRequest, Multipart};
use http_body_util::{Full, StreamBody};
use resilient_http::{
    ApiError, Body, BoxError, BuildErrorKind, Bytes, ErrorKind, FormPart, IdempotencyKey,
    MultipartForm, RetriesDisabled,
};

use crate::support::api::{Api, Seen, answer, json};
use crate::support::settings::client;

#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

fn part(name: &str, file: Option<(&str, &str)>, content: impl AsRef<[u8]>) -> Part {
    Part {
        name: name.to_owned(),
        file_name: file.map(|(name, _)| name.to_owned()),
        content_type: file.map(|(_, content_type)| content_type.to_owned()),
        content: content.as_ref().to_vec(),
    }
}

async fn parts(seen: &Seen) -> Vec<Part> {
    let request = http::Request::builder()
        .header("content-type", seen.header("content-type").unwrap())
        .body(axum::body::Body::from(seen.body.clone()))
        .unwrap();
    let mut form = Multipart::from_request(request, &()).await.unwrap();
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        parts.push(Part {
            name: field.name().unwrap().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(str::to_owned),
            content: field.bytes().await.unwrap().to_vec(),
        });
    }
    parts
}

/// Returns a stream of these pieces, whose length is unknown.
fn stream(
    pieces: &'static [&'static str],
) -> impl http_body::Body<Data = Bytes, Error = BoxError> + Send + Sync {
    StreamBody::new(Pieces(pieces.iter()))
}

struct Pieces(std::slice::Iter<'static, &'static str>);

impl futures_core::Stream for Pieces {
    type Item = Result<http_body::Frame<Bytes>, BoxError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next().map(|piece| match *piece {
            "broken" => Err("the file cannot be read".into()),
            piece => Ok(http_body::Frame::data(Bytes::from_static(piece.as_bytes()))),
        }))
    }
}

#[tokio::test]
async fn fields_and_files_arrive_as_they_were_given() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    let png = b"\x89PNG\r\n\r\n--part\0\xff".to_vec();
    let form = MultipartForm::new()
        .text("title", "Größe\n\"1\"")
        .text("title", "")
        .part("logo", FormPart::new(png.clone()).file_name("logo.png").content_type("image/png"))
        .part("raw", FormPart::new("x").file_name("größe.bin"))
        .part("log", FormPart::new(Body::factory(|| stream(&["a", "", "bc"]))).file_name("l"));
    let () = client.post("upload").multipart(form).await.unwrap();
    let seen = api.only();
    let binary = "application/octet-stream";
    assert_eq!(
        parts(&seen).await,
        [
            part("title", None, "Größe\n\"1\""),
            part("title", None, ""),
            part("logo", Some(("logo.png", "image/png")), &png),
            part("raw", Some(("größe.bin", binary)), "x"),
            part("log", Some(("l", binary)), "abc"),
        ]
    );
    // The length of a stream is unknown.
    assert_eq!(seen.header("content-length"), None);
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
}

#[tokio::test]
async fn an_empty_form_is_a_form() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    let () = client.post("upload").multipart(MultipartForm::new()).await.unwrap();
    assert_eq!(parts(&api.only()).await, []);
}

#[tokio::test]
async fn the_length_is_sent_if_the_lengths_of_all_parts_are_known() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    let form = MultipartForm::new()
        .text("a", "1")
        .part("sized", FormPart::new(Body::factory(|| Full::new(Bytes::from("22")))))
        .part("stated", FormPart::new(Body::factory(|| stream(&["3", "33"]))).length(3));
    let () = client.post("upload").multipart(form).await.unwrap();
    let seen = api.only();
    let expected = [part("a", None, "1"), part("sized", None, "22"), part("stated", None, "333")];
    assert_eq!(parts(&seen).await, expected);
    assert_eq!(seen.header("content-length"), Some(&*seen.body.len().to_string()));
}

#[tokio::test]
async fn a_name_can_neither_end_its_line_nor_its_quotes() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    let evil = "x\"\r\ncontent-type: text/html\r\n\r\n";
    let form = MultipartForm::new()
        .text(evil, "1")
        .part("file", FormPart::new("2").file_name(evil).content_type("text/plain"));
    let () = client.post("upload").multipart(form).await.unwrap();
    let escaped = "x%22%0D%0Acontent-type: text/html%0D%0A%0D%0A";
    assert_eq!(
        parts(&api.only()).await,
        [part(escaped, None, "1"), part("file", Some((escaped, "text/plain")), "2")]
    );
}

#[tokio::test]
async fn a_form_of_streams_is_made_for_each_attempt() {
    let api = Api::serve(|n, _| answer(if n == 0 { 503 } else { 200 }, &[], "null")).await;
    let client = client(&api.url).build().unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let body = Body::factory(move || {
        counted.fetch_add(1, SeqCst);
        stream(&["ab", "c"])
    });
    let form = MultipartForm::new().part("file", FormPart::new(body).file_name("f"));
    let () = client.put("upload").multipart(form).await.unwrap();
    assert_eq!(made.load(SeqCst), 2);
    for seen in api.seen() {
        let expected = part("file", Some(("f", "application/octet-stream")), "abc");
        assert_eq!(parts(&seen).await, [expected]);
    }
}

#[tokio::test]
async fn a_form_with_a_part_that_exists_once_is_sent_once() {
    let api = Api::statuses(&[503]).await;
    let client = client(&api.url).build().unwrap();
    let form = MultipartForm::new()
        .text("a", "1")
        .part("file", FormPart::new(Body::once(stream(&["abc"]))));
    let sent = client.put::<()>("upload").multipart(form).await;
    let error = sent.unwrap_err();
    assert_eq!(api.count(), 1);
    assert_eq!(error.retries_disabled(), Some(RetriesDisabled::Body));
    // A prepared request with such a form can be sent only once.
    let form = MultipartForm::new().part("file", FormPart::new(Body::once(stream(&["abc"]))));
    let prepared = client.put::<()>("upload").multipart(form).prepare().unwrap();
    assert_eq!(client.execute(&prepared).await.unwrap_err().status().unwrap(), 503);
    let error = client.execute(&prepared).await.unwrap_err();
    assert!(matches!(&error, ApiError::Build(error) if error.kind() == BuildErrorKind::Body));
    assert_eq!(api.count(), 2);
}

#[tokio::test]
async fn a_stream_of_another_length_than_stated_or_a_broken_stream_is_no_upload() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    for (pieces, length) in [
        (&["ab", "cd"][..], Some(3)),
        (&["ab", "cd"][..], Some(5)),
        (&["ab", "broken"][..], Some(4)),
        (&["ab", "broken"][..], None),
    ] {
        let part = FormPart::new(Body::factory(move || stream(pieces)));
        let part = match length {
            Some(length) => part.length(length),
            None => part,
        };
        let form = MultipartForm::new().part("file", part);
        let sent = client.put::<()>("upload").multipart(form).await;
        let error = sent.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RequestBody, "{pieces:?}: {error}");
        assert_eq!(error.attempts(), 1, "{pieces:?}: {error}");
    }
}

#[tokio::test]
async fn a_mistake_in_a_form_is_an_error_before_anything_is_sent() {
    let api = Api::serve(|_, _| json("null")).await;
    let client = client(&api.url).build().unwrap();
    let kind = |part: FormPart| {
        let form = MultipartForm::new().part("file", part);
        let request = client.post::<()>("upload").multipart(form);
        request.idempotency_key(IdempotencyKey::Auto).prepare().unwrap_err().kind()
    };
    for content_type in ["text/html\r\n\r\nx", "", "plain", "a/b\n"] {
        assert_eq!(kind(FormPart::new("x").content_type(content_type)), BuildErrorKind::Body);
    }
    assert_eq!(kind(FormPart::new("xy").length(3)), BuildErrorKind::Body);
    let form = MultipartForm::new().text("a", "1");
    let request = client.post::<()>("upload").multipart(form);
    let refused = request.header("content-type", "multipart/form-data").prepare();
    assert_eq!(refused.unwrap_err().kind(), BuildErrorKind::Header);
    assert_eq!(api.count(), 0);
}

#[test]
fn neither_names_nor_contents_of_a_form_are_printed() {
    let part = FormPart::new("secret").file_name("secret.txt");
    let form = MultipartForm::new().text("secret", "secret").part("secret", part);
    assert!(!format!("{form:?}").contains("secret"));
    let part = FormPart::new("secret").file_name("secret.txt").content_type("a/b");
    assert!(!format!("{part:?}").contains("secret"));
}
