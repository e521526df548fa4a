//! The recipe for a consumer of messages, with Redis Streams.

// excerpt: billing
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::streams::{
    StreamClaimOptions, StreamClaimReply, StreamId, StreamPendingCountReply,
    StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, Client, IntoConnectionInfo, RedisResult, cmd, pipe};
use reqwest::StatusCode;
use resilient::breaker::CircuitState;
use resilient::{CircuitOpen, Classify, Registry, TimedOut, circuit_breaker, retry};

/// Why an order was not billed.
#[derive(Debug, thiserror::Error, Classify)]
pub enum BillError {
    /// The order is wrong. No repetition helps.
    #[error("refused with status {0}")]
    #[answered]
    Refused(StatusCode),
    /// The service refuses this consumer, so no order can be billed: a failure.
    #[error("no access: status {0}")]
    #[permanent]
    NoAccess(StatusCode),
    /// The billing service failed.
    #[error("billing: {0}")]
    #[classify(with = resilient_classify::reqwest)]
    Billing(#[from] reqwest::Error),
    /// The circuit is open, so the service was not asked.
    #[error("{0}")]
    #[circuit_open]
    Open(#[source] CircuitOpen),
    /// The call took too long. Whether the order was billed is unknown.
    #[error("{0}")]
    #[timed_out]
    Late(#[source] TimedOut),
}

/// The billing service, which the consumer calls for each message.
#[derive(Debug, Clone)]
pub struct Billing {
    /// The client of the service.
    pub http: reqwest::Client,
    /// Where the service is.
    pub url: String,
}

impl Billing {
    /// Bills an order. The key is that of the order, so it is billed once, however often
    /// its message is published and delivered.
    #[retry(
        name = "billing.bill",
        max_retries = 2,
        base_delay = "200ms",
        attempt_timeout = "2s",
        deadline = "8s"
    )]
    #[circuit_breaker(name = "billing", recovery_time = "10s", recovery_jitter = 0.2)]
    async fn bill(&self, key: &str, order: &str) -> Result<(), BillError> {
        let request = self.http.post(format!("{}/bills", self.url));
        let request = request.header("Idempotency-Key", key).body(order.to_owned());
        let response = request.send().await?;
        match response.status() {
            status @ (StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(BillError::Refused(status))
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(BillError::NoAccess(status))
            }
            _ => Ok(response.error_for_status().map(drop)?),
        }
    }
}
// end excerpt

// excerpt: queue
const STREAM: &str = "orders";
const DEAD_LETTERS: &str = "orders.dead";
const GROUP: &str = "billing";
/// A message that a consumer does not settle goes to another one after this time, in
/// milliseconds.
const REDELIVERY: usize = 30_000;
/// The new messages that a consumer takes at a time. Three deadlines of 8 s are below
/// `REDELIVERY`.
const AT_A_TIME: usize = 3;
/// The deliveries of a message that may end without any result, as in a crash.
const MOST_DELIVERIES: usize = 5;

struct Message {
    /// The number that the broker gave this message.
    id: String,
    /// The number that the publisher gave the order.
    key: String,
    order: String,
    /// The deliveries before this one that ended without a result.
    deliveries: usize,
}

impl Message {
    fn new(message: &StreamId, deliveries: usize) -> Self {
        let field = |name| message.get(name).unwrap_or_default();
        let (key, order) = (field("key"), field("order"));
        Self { id: message.id.clone(), key, order, deliveries }
    }
}

/// The queue, as one consumer of the group sees it.
struct Queue {
    broker: ConnectionManager,
    consumer: String,
}

impl Queue {
    /// Waits for up to a second for messages that no consumer has had.
    async fn new_messages(&self) -> RedisResult<Vec<Message>> {
        let options = StreamReadOptions::default().group(GROUP, &self.consumer);
        let options = options.count(AT_A_TIME).block(1_000);
        let mut broker = self.broker.clone();
        let read: Option<StreamReadReply> =
            broker.xread_options(&[STREAM], &[">"], &options).await?;
        let messages =
            read.into_iter().flat_map(|read| read.keys).flat_map(|key| key.ids);
        Ok(messages.map(|message| Message::new(&message, 0)).collect())
    }

    /// Takes over a message that was not settled in time. One at a time: if a message
    /// ends its consumer, no other message is counted with it.
    async fn abandoned_message(&self) -> RedisResult<Option<Message>> {
        let mut broker = self.broker.clone();
        let pending: StreamPendingCountReply = cmd("XPENDING")
            .arg(&[STREAM, GROUP, "IDLE"])
            .arg(REDELIVERY)
            .arg(&["-", "+", "1"])
            .query_async(&mut broker)
            .await?;
        let Some(entry) = pending.ids.first() else { return Ok(None) };
        let claimed: StreamClaimReply = broker
            .xclaim(STREAM, GROUP, &self.consumer, REDELIVERY, &[&entry.id])
            .await?;
        // Another consumer may have been faster.
        let Some(claimed) = claimed.ids.first() else { return Ok(None) };
        let message = Message::new(claimed, entry.times_delivered);
        if message.deliveries < MOST_DELIVERIES {
            return Ok(Some(message));
        }
        self.bury(&message, "delivered too often").await?;
        Ok(None)
    }

    /// Settles a message, and removes it: no other group reads this stream.
    async fn acknowledge(&self, message: &Message) -> RedisResult<()> {
        let ids = [&message.id];
        let mut settle = pipe();
        settle.atomic().xack(STREAM, GROUP, &ids).xdel(STREAM, &ids);
        settle.query_async(&mut self.broker.clone()).await
    }

    /// Leaves a message for a later delivery, and does not count this one.
    async fn hand_back(&self, message: &Message) -> RedisResult<()> {
        let options =
            StreamClaimOptions::default().retry(message.deliveries).with_justid();
        let ids = [&message.id];
        let mut broker = self.broker.clone();
        broker.xclaim_options(STREAM, GROUP, &self.consumer, 0, &ids, options).await
    }

    /// Adds a message to the dead letters and settles it, in one transaction. The message
    /// itself stays in the stream.
    async fn bury(&self, message: &Message, why: &str) -> RedisResult<()> {
        let Message { id, key, order, .. } = message;
        let letter = [("id", &**id), ("key", key), ("order", order), ("why", why)];
        pipe()
            .atomic()
            .xadd(DEAD_LETTERS, "*", &letter)
            .xack(STREAM, GROUP, &[id])
            .query_async(&mut self.broker.clone())
            .await
    }
}
// end excerpt

// excerpt: consumer
/// One consumer of the group.
pub struct Consumer {
    queue: Queue,
    billing: Billing,
}

impl Consumer {
    /// Connects, and makes the group unless it exists. Each consumer needs a name and a
    /// connection that nothing else uses, because a read waits on it for up to a second.
    pub async fn new(url: &str, name: &str, billing: Billing) -> RedisResult<Self> {
        let patience = Some(Duration::from_secs(3));
        let config = ConnectionManagerConfig::new().set_response_timeout(patience);
        let tcp = TcpSettings::default();
        // Ends a dead connection, so that the manager makes a new one.
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(Duration::from_secs(5));
        let client = Client::open(url.into_connection_info()?.set_tcp_settings(tcp))?;
        let mut broker = ConnectionManager::new_with_config(client, config).await?;
        let made: RedisResult<()> =
            broker.xgroup_create_mkstream(STREAM, GROUP, "0").await;
        match made {
            Err(error) if error.code() != Some("BUSYGROUP") => Err(error),
            _ => Ok(Self { queue: Queue { broker, consumer: name.to_owned() }, billing }),
        }
    }

    /// Consumes until the future is dropped. The loop itself repeats what fails.
    pub async fn run(&self) {
        loop {
            while let Some(pause) = pause() {
                tokio::time::sleep(pause).await;
            }
            if let Err(error) = self.round().await {
                eprintln!("broker: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// Takes some messages and settles each. Returns how many there were.
    pub async fn round(&self) -> RedisResult<usize> {
        let messages = match self.queue.abandoned_message().await? {
            Some(message) => vec![message],
            None => self.queue.new_messages().await?,
        };
        for message in &messages {
            self.settle(message).await?;
        }
        Ok(messages.len())
    }

    async fn settle(&self, message: &Message) -> RedisResult<()> {
        if message.key.is_empty() {
            return self.queue.bury(message, "no key").await;
        }
        match self.billing.bill(&message.key, &message.order).await {
            Ok(()) => self.queue.acknowledge(message).await,
            Err(BillError::Refused(status)) => {
                self.queue.bury(message, status.as_str()).await
            }
            // The service failed, which says nothing against the message.
            Err(error) => {
                eprintln!("message {}: {error}", message.id);
                self.queue.hand_back(message).await
            }
        }
    }
}

/// Returns how long to take no messages, because the circuit is open. At most a second,
/// so that the consumer notices when an operator closes the circuit.
pub fn pause() -> Option<Duration> {
    let breaker = Registry::global().get("billing")?;
    let is_open =
        matches!(breaker.state(), CircuitState::Open | CircuitState::ForcedOpen);
    let wait = breaker.snapshot().retry_after.unwrap_or(Duration::MAX);
    is_open.then(|| wait.min(Duration::from_secs(1)))
}
// end excerpt
