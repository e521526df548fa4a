//! What `cargo run` needs beside the service: upstreams in this process, a database in a temporary
//! file, and a Redis server if one is installed. A service in production has none of this.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::config::Config;

#[derive(Default)]
pub(crate) struct Embedded {
    pub(crate) payments: Option<Upstream>,
    pub(crate) inventory: Option<Upstream>,
    pub(crate) redis: Option<RedisServer>,
    database: Option<PathBuf>,
}

impl Embedded {
    /// Starts what the configuration leaves open, and adds it to the configuration.
    pub(crate) async fn complete(config: &mut Config) -> io::Result<Self> {
        let mut embedded = Self::default();
        if config.payments.is_none() {
            let upstream = Upstream::start(payments()).await?;
            config.payments = Some(upstream.url.clone());
            embedded.payments = Some(upstream);
        }
        if config.inventory.is_none() {
            let upstream = Upstream::start(inventory()).await?;
            config.inventory = Some(upstream.url.clone());
            embedded.inventory = Some(upstream);
        }
        if config.redis.is_none() {
            embedded.redis = RedisServer::start().await?;
            config.redis = embedded.redis.as_ref().map(RedisServer::url);
        }
        if config.database.is_none() {
            let file = std::env::temp_dir().join(format!("shop-{}.db", std::process::id()));
            config.database = Some(file.clone());
            embedded.database = Some(file);
        }
        Ok(embedded)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            if let Some(file) = &self.database {
                let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    /// Connections are accepted, and no response comes.
    Hangs,
    /// Every response is a 503.
    Unavailable,
}

/// An upstream that can be broken.
pub(crate) struct Upstream {
    url: String,
    fault: Arc<AtomicU8>,
}

impl Upstream {
    async fn start(routes: Router) -> io::Result<Self> {
        let fault = Arc::new(AtomicU8::new(Fault::None as u8));
        let routes = routes.layer(from_fn_with_state(Arc::clone(&fault), fail));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(axum::serve(listener, routes).into_future());
        Ok(Self { url, fault })
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Relaxed);
    }
}

async fn fail(State(fault): State<Arc<AtomicU8>>, request: Request, next: Next) -> Response {
    match fault.load(Relaxed) {
        fault if fault == Fault::Hangs as u8 => std::future::pending().await,
        fault if fault == Fault::Unavailable as u8 => {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        _ => next.run(request).await,
    }
}

/// Charges every card but one.
fn payments() -> Router {
    let charge = async |Json(charge): Json<Value>| {
        let is_declined = charge["card"] == "tok_declined";
        if is_declined { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK }
    };
    Router::new().route("/charges", post(charge))
}

/// A catalogue of two articles, of which one is sold out.
fn inventory() -> Router {
    let available = |sku: &Value| match sku.as_str() {
        Some("kettle") => Ok(40_u64),
        Some("lamp") => Ok(0),
        _ => Err(StatusCode::NOT_FOUND),
    };
    let stock = async move |Path(sku): Path<String>| available(&json!(sku)).map(Json);
    let reserve = async move |Json(order): Json<Value>| {
        let wanted = order["quantity"].as_u64().unwrap_or(0);
        if wanted > available(&order["sku"])? {
            return Err(StatusCode::CONFLICT);
        }
        Ok(Json(json!({ "cents": wanted * 3_900 })))
    };
    Router::new().route("/stock/{sku}", get(stock)).route("/reservations/{order}", put(reserve))
}

/// The installed `redis-server` on a port of this machine, without files.
pub(crate) struct RedisServer {
    port: u16,
    process: Child,
}

impl RedisServer {
    /// Returns `None` if it is not installed.
    async fn start() -> io::Result<Option<Self>> {
        // Nobody else is likely to take the port in the moment until the server has it.
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let process = match Self::spawn(port) {
            Ok(process) => process,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let server = Self { port, process };
        server.wait_until_it_listens().await?;
        Ok(Some(server))
    }

    fn spawn(port: u16) -> io::Result<Child> {
        Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }

    async fn wait_until_it_listens(&self) -> io::Result<()> {
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(io::Error::other("redis-server does not listen"))
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn stop(&mut self) -> io::Result<()> {
        self.process.kill().await
    }

    pub(crate) async fn restart(&mut self) -> io::Result<()> {
        self.process = Self::spawn(self.port)?;
        self.wait_until_it_listens().await
    }
}
