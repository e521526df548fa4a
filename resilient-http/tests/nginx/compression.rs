//! Compressed responses of a server that nobody here wrote.

use std::process::Command;

use resilient_http::{ApiClient, ApiClientBuilder, ErrorKind, Response};
use resilient_test_servers::{Nginx, NginxConfig, installed};

use crate::support::within;

/// 80 000 bytes that compress to a few hundred.
fn text() -> String {
    "plain text ".repeat(8000)[..80_000].to_owned()
}

fn client(nginx: &Nginx) -> ApiClientBuilder {
    ApiClient::builder(format!("http://127.0.0.1:{}", nginx.port(0)))
}

/// A server of the file `text` below `/plain` with these directives.
fn files(directives: &str) -> NginxConfig {
    let directives = format!("root .; types {{ }} default_type text/plain; {directives}");
    NginxConfig::new().file("text", text()).server("", &directives)
}

/// Asserts that the response arrives compressed, that it is decompressed, and that the body limit
/// counts decompressed bytes.
async fn assert_decompressed(nginx: &Nginx, path: &str, encoding: &str) {
    let url = format!("http://127.0.0.1:{}/{path}", nginx.port(0));
    let plain = reqwest::Client::builder().no_gzip().no_brotli().no_zstd().build().unwrap();
    let raw = plain.get(url).header("accept-encoding", encoding).send().await.unwrap();
    assert_eq!(raw.headers()["content-encoding"], encoding);
    let compressed = raw.bytes().await.unwrap().len();
    assert!(compressed < 8_000, "{compressed} bytes");

    let api = client(nginx).body_limit(80_000).build().unwrap();
    let got = within("the call", api.get::<Response>(path)).await.unwrap();
    assert_eq!(got.text().unwrap(), text());
    let api = client(nginx).body_limit(79_999).build().unwrap();
    let error = within("the call", api.get::<Response>(path)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error:?}");
}

#[tokio::test]
async fn a_response_in_gzip_is_decompressed() {
    let Some(nginx) = Nginx::start(&files("gzip on; gzip_types *;")) else { return };
    assert_decompressed(&nginx, "text", "gzip").await;
}

#[tokio::test]
async fn a_response_in_brotli_is_decompressed() {
    let module = "ngx_http_brotli_filter_module.so";
    if !Nginx::has_module(module) {
        return;
    }
    let config = files("brotli on; brotli_types *;").module(module);
    let Some(nginx) = Nginx::start(&config) else { return };
    assert_decompressed(&nginx, "text", "br").await;
}

/// nginx has no zstd, so it serves a file that the program `zstd` has compressed.
#[tokio::test]
async fn a_response_in_zstd_is_decompressed() {
    let Some(program) = installed("zstd") else { return };
    let config = files("location = /text.zst { add_header content-encoding zstd; }");
    let Some(nginx) = Nginx::start(&config) else { return };
    let mut zstd = Command::new(program);
    assert!(zstd.arg("-q").arg(nginx.folder().join("text")).status().unwrap().success());
    assert_decompressed(&nginx, "text.zst", "zstd").await;
}

/// nginx declares each of these encodings for bytes that are not compressed.
#[tokio::test]
async fn a_response_that_is_not_compressed_as_it_says_is_a_decode_error_and_no_failure() {
    let wrong = |encoding| {
        let header = format!("add_header content-encoding {encoding};");
        format!("location /{encoding} {{ {header} try_files /text =404; }}")
    };
    let config = files(&format!("{} {} {}", wrong("gzip"), wrong("br"), wrong("zstd")));
    let Some(nginx) = Nginx::start(&config) else { return };
    for encoding in ["gzip", "br", "zstd"] {
        let api = client(&nginx).build().unwrap();
        let error = within("the call", api.get::<Response>(encoding)).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1), "{error:?}");
        let totals = api.circuit_breaker().snapshot().totals;
        assert_eq!(totals.failure, 0, "{encoding}");
    }
}
