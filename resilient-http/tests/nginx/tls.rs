//! TLS with rustls and with the platform's library, and HTTP/2 that TLS negotiates.

use reqwest::{Certificate, ClientBuilder};
use resilient_http::{ApiClient, ApiError, ErrorKind, Phase, Response};
use resilient_test_servers::{Nginx, NginxConfig};

use crate::certificate::SelfSigned;
use crate::health::assert_healthy;
use crate::support::settings::client;
use crate::support::within;

type Choose = fn(ClientBuilder) -> ClientBuilder;

/// Each library, by name.
const LIBRARIES: [(&str, Choose); 2] =
    [("rustls", ClientBuilder::tls_backend_rustls), ("native", ClientBuilder::tls_backend_native)];

/// Returns the version of HTTP and of TLS of the request. The second server speaks only HTTP/1.
fn server(certificate: &SelfSigned) -> Option<Nginx> {
    let directives = "ssl_certificate certificate; ssl_certificate_key key;
        ssl_protocols TLSv1.2 TLSv1.3;
        location / { return 200 '$server_protocol $ssl_protocol'; }";
    let config = NginxConfig::new()
        .file("certificate", certificate.certificate.clone())
        .file("key", certificate.key.clone())
        .server("ssl http2", directives)
        .server("ssl", directives);
    Nginx::start(&config)
}

fn url(nginx: &Nginx, index: usize) -> String {
    format!("https://127.0.0.1:{}", nginx.port(index))
}

#[tokio::test]
async fn both_libraries_trust_a_given_certificate_and_negotiate_the_version_of_http() {
    let Some(own) = SelfSigned::of("IP:127.0.0.1") else { return };
    let Some(nginx) = server(&own) else { return };
    for (library, choose) in LIBRARIES {
        for (index, version) in [(0, "HTTP/2.0 TLSv1.3"), (1, "HTTP/1.1 TLSv1.3")] {
            let trusted = Certificate::from_pem(&own.certificate).unwrap();
            let api = ApiClient::builder(url(&nginx, index))
                .configure(move |it| choose(it).tls_certs_only([trusted.clone()]))
                .build()
                .unwrap();
            for _ in 0..3 {
                let got = within("the call", api.get::<Response>("x")).await;
                assert_eq!(got.unwrap().text().unwrap(), version, "{library}");
            }
            assert_healthy(&api, 3);
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_of_another_name_is_a_failed_connection_and_retried() {
    let Some(own) = SelfSigned::of("IP:127.0.0.1") else { return };
    let Some(other) = SelfSigned::of("DNS:other.test") else { return };
    for (library, choose) in LIBRARIES {
        for (fault, serves, trusts) in [("unknown", &own, &other), ("another name", &other, &other)]
        {
            let Some(nginx) = server(serves) else { return };
            let trusted = Certificate::from_pem(&trusts.certificate).unwrap();
            let api = client(&url(&nginx, 0))
                .configure(move |it| choose(it).tls_certs_only([trusted.clone()]))
                .build()
                .unwrap();
            let error = within("the call", api.post::<Response>("x")).await.unwrap_err();
            let what = format!("{library}, {fault}: {error:?}");
            assert!(matches!(error, ApiError::Connection { phase: Phase::Connect, .. }), "{what}");
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 3), "{what}");
            assert_eq!(api.circuit_breaker().snapshot().totals.failure, 3, "{what}");
        }
    }
}
