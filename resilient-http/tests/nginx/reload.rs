//! A reload of the server's configuration ends its connections, and is no outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use resilient_http::{ApiClient, ApiClientBuilder, Response};
use resilient_test_servers::{Nginx, NginxConfig};
use tokio::task::JoinSet;

use crate::health::assert_never_open;
use crate::support::{until, within};

const WORKERS: u64 = 30;
const RELOADS: u64 = 4;

/// Calls without pause while nginx reloads.
async fn calls_during_reloads(mut nginx: Nginx, builder: ApiClientBuilder) {
    let api = builder.build().unwrap();
    let (done, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (api, done, is_over) = (api.clone(), Arc::clone(&done), Arc::clone(&is_over));
        workers.spawn(async move {
            while !is_over.load(SeqCst) {
                if let Err(error) = api.get::<Response>("x").await {
                    is_over.store(true, SeqCst);
                    return Err(error);
                }
                done.fetch_add(1, SeqCst);
            }
            Ok(())
        });
    }
    for _ in 0..RELOADS {
        nginx.reload();
        // The old workers of nginx end their connections while calls are in flight.
        let enough = done.load(SeqCst) + 20 * WORKERS;
        until("calls ended", || done.load(SeqCst) >= enough || is_over.load(SeqCst)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    is_over.store(true, SeqCst);
    let mut errors = Vec::new();
    while let Some(ended) = within("a worker", workers.join_next()).await {
        errors.extend(ended.unwrap().err());
    }
    assert!(errors.is_empty(), "{} of {WORKERS} failed: {:?}", errors.len(), errors);
    assert_never_open(&api, done.load(SeqCst));
}

fn server(listen: &str) -> Option<Nginx> {
    let config = NginxConfig::new()
        .workers(2)
        .server(listen, "keepalive_requests 1000000; location / { return 200 'ok'; }");
    Nginx::start(&config)
}

fn url(nginx: &Nginx) -> String {
    format!("http://127.0.0.1:{}", nginx.port(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_get_fails_and_no_circuit_opens_while_a_server_reloads_four_times() {
    let Some(nginx) = server("") else { return };
    let builder = ApiClient::builder(url(&nginx));
    calls_during_reloads(nginx, builder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_get_fails_and_no_circuit_opens_while_a_server_of_http2_reloads_four_times() {
    let Some(nginx) = server("http2") else { return };
    let builder = ApiClient::builder(url(&nginx));
    let builder = builder.configure(reqwest::ClientBuilder::http2_prior_knowledge);
    calls_during_reloads(nginx, builder).await;
}
