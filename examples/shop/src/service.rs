//! The service as a whole: its parts, its routes, its beginning and its end.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use resilient::Registry;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::inventory::{Cache, Inventory};
use crate::operations::Signals;
use crate::payments::Payments;
use crate::store::Store;
use crate::{operations, orders};

/// How long requests in flight may take once the service ends.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// The parts that the handlers share.
pub(crate) struct Shop {
    pub(crate) store: Store,
    pub(crate) inventory: Inventory,
    pub(crate) payments: Payments,
    pub(crate) recorder: PrometheusHandle,
    /// Whether the service is about to end.
    pub(crate) is_draining: AtomicBool,
}

/// A service that listens.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    shop: Arc<Shop>,
    config: Config,
    signals: Signals,
}

impl Service {
    /// Connects what the configuration names, all of which must be there.
    pub(crate) async fn start(config: Config) -> Result<Self, Box<dyn Error>> {
        let signals = Signals::catch()?;
        Registry::register_annotated();
        if let Some(file) = &config.overrides {
            operations::load_overrides(file);
        }
        let exporter = PrometheusBuilder::new().with_recommended_naming(true);
        let http =
            reqwest::Client::builder().connect_timeout(Duration::from_millis(200)).build()?;
        let cache = Cache { redis: config.redis.as_deref().map(connect_to_redis).transpose()? };
        let shop = Arc::new(Shop {
            store: Store::connect(config.database.as_deref().ok_or("no database")?).await?,
            inventory: Inventory {
                http: http.clone(),
                url: config.inventory.as_deref().ok_or("no inventory")?.parse()?,
                cache,
            },
            payments: Payments { http, url: config.payments.clone().ok_or("no payments")? },
            recorder: exporter.install_recorder()?,
            is_draining: AtomicBool::new(false),
        });
        let listener = TcpListener::bind(&config.listen).await?;
        Ok(Self { address: listener.local_addr()?, listener, shop, config, signals })
    }

    /// Serves until SIGTERM or SIGINT, and then until the requests in flight have their responses.
    pub(crate) async fn run(self) -> io::Result<()> {
        let Self { listener, shop, config, signals, .. } = self;
        let routes = Router::new()
            .route("/orders", axum::routing::post(orders::place))
            .route("/orders/{id}", get(orders::find))
            .route("/stock/{sku}", get(orders::stock))
            .route("/health/live", get(|| async {}))
            .route("/health/ready", get(operations::ready))
            .route("/metrics", get(operations::metrics))
            .with_state(Arc::clone(&shop));
        let (closing, closed) = tokio::sync::oneshot::channel::<()>();
        let server = axum::serve(listener, routes)
            .with_graceful_shutdown(async { closed.await.unwrap_or_default() });
        let server = tokio::spawn(server.into_future());
        signals.until_end(config.overrides.as_deref()).await;
        shop.is_draining.store(true, Relaxed);
        tracing::info!("draining");
        sleep(config.drain).await;
        drop(closing);
        match timeout(LAST_REQUESTS, server).await {
            Ok(ended) => ended??,
            Err(_) => tracing::warn!("some requests were cut short"),
        }
        shop.store.close().await;
        tracing::info!("ended");
        Ok(())
    }
}

/// The connection is made at the first command, and again after it is lost. Our breaker decides how
/// often, so the client makes only one attempt.
fn connect_to_redis(url: &str) -> redis::RedisResult<ConnectionManager> {
    let once = ConnectionManagerConfig::new().set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, once)
}
