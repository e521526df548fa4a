//! The recipe for a consumer of messages against Redis Streams and a billing service.

use std::sync::Arc;
use std::time::Duration;

use example_recipes::message_consumer::{Billing, Consumer, pause};
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamClaimOptions, StreamPendingCountReply, StreamRangeReply, StreamReadOptions,
    StreamReadReply,
};
use redis::{AsyncCommands, Client};
use resilient::breaker::CircuitState;
use resilient_test_servers::{Server, ready_redis, redis_url};

use crate::support::{self, Time, Turn};
use crate::upstream::{Behaviour, Upstream};

const STORED: [&str; 2] = ["--appendonly", "yes"];

struct Queue {
    turn: Turn<(Server, Upstream)>,
    consumer: Arc<Consumer>,
    /// A connection beside that of the consumer.
    broker: MultiplexedConnection,
}

impl Queue {
    /// Waits for the turn, and empties the queue. Returns `None` if Redis is not installed.
    async fn new() -> Option<Self> {
        static SERVER: support::Server<(Server, Upstream)> =
            support::Server::const_new(None);
        let start = || Some((ready_redis(None, &STORED)?, Upstream::start("billed")));
        let mut turn = Turn::take(&SERVER, "billing", start).await?;
        let (server, upstream) = turn.server();
        upstream.reset("billed");
        let url = redis_url(server.folder());
        let mut broker = connect(&url).await;
        redis::cmd("FLUSHALL").exec_async(&mut broker).await.unwrap();
        let billing = Billing { http: reqwest::Client::new(), url: upstream.url() };
        let consumer = Arc::new(Consumer::new(&url, "one", billing).await.unwrap());
        Some(Self { turn, consumer, broker })
    }

    /// Publishes an order, whose text is also its key. Returns the number of the message.
    async fn publish(&mut self, order: &str) -> String {
        let fields = [("key", order), ("order", order)];
        self.broker.xadd("orders", "*", &fields).await.unwrap()
    }

    /// Lets another consumer take all messages and end.
    async fn crash_after_read(&mut self) {
        let options = StreamReadOptions::default().group("billing", "other");
        let _: Option<StreamReadReply> =
            self.broker.xread_options(&["orders"], &[">"], &options).await.unwrap();
    }

    /// Makes a message look as if nobody had settled it for half a minute, after this number of
    /// deliveries.
    async fn age(&mut self, id: &str, deliveries: usize) {
        let options =
            StreamClaimOptions::default().idle(30_000).retry(deliveries).with_justid();
        let ids = [id];
        let claimed =
            self.broker.xclaim_options("orders", "billing", "other", 0, &ids, options);
        let _: Vec<String> = claimed.await.unwrap();
    }

    /// Returns the number and the deliveries of each message that is not settled.
    async fn pending(&mut self) -> Vec<(String, usize)> {
        let pending = self.broker.xpending_count("orders", "billing", "-", "+", 100);
        let pending: StreamPendingCountReply = pending.await.unwrap();
        pending.ids.into_iter().map(|entry| (entry.id, entry.times_delivered)).collect()
    }

    /// Returns the reasons of the dead letters.
    async fn dead(&mut self) -> Vec<String> {
        let dead: StreamRangeReply = self.broker.xrange_all("orders.dead").await.unwrap();
        dead.ids.iter().map(|letter| letter.get("why").unwrap()).collect()
    }

    /// Returns the idempotency keys of the requests to the billing service.
    fn keys(&mut self) -> Vec<String> {
        self.turn.server().1.received().into_iter().map(|request| request.key).collect()
    }
}

async fn connect(url: &str) -> MultiplexedConnection {
    Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn an_order_is_billed_once_acknowledged_and_removed() {
    let Some(mut queue) = Queue::new().await else { return };
    queue.publish("a kettle").await;
    queue.publish("a lamp").await;
    assert_eq!(queue.consumer.round().await.unwrap(), 2);
    assert_eq!(queue.pending().await, []);
    assert_eq!(queue.consumer.round().await.unwrap(), 0);
    assert_eq!(queue.keys(), ["a kettle", "a lamp"]);
    let length: usize = queue.broker.xlen("orders").await.unwrap();
    assert_eq!(length, 0);
}

#[tokio::test]
async fn an_order_that_is_published_again_has_the_same_key() {
    let Some(mut queue) = Queue::new().await else { return };
    queue.publish("a kettle").await;
    queue.publish("a kettle").await;
    assert_eq!(queue.consumer.round().await.unwrap(), 2);
    assert_eq!(queue.keys(), ["a kettle", "a kettle"]);
}

#[tokio::test]
async fn a_message_without_a_key_is_a_dead_letter_and_stays_in_the_stream() {
    let Some(mut queue) = Queue::new().await else { return };
    queue.publish("").await;
    queue.consumer.round().await.unwrap();
    assert_eq!(queue.dead().await, ["no key"]);
    assert_eq!((queue.pending().await, queue.keys()), (vec![], vec![]));
    let length: usize = queue.broker.xlen("orders").await.unwrap();
    assert_eq!(length, 1);
}

#[tokio::test]
async fn a_service_that_refuses_the_consumer_opens_the_circuit_and_makes_no_dead_letter()
{
    let Some(mut queue) = Queue::new().await else { return };
    for order in ["1", "2", "3", "4", "5", "6"] {
        queue.publish(order).await;
    }
    queue.turn.server().1.set(Behaviour::Responds(401, ""));
    queue.consumer.round().await.unwrap();
    queue.consumer.round().await.unwrap();
    assert_eq!(queue.turn.state(), CircuitState::Open);
    assert!(pause().is_some());
    // One request for each of the five failures that opened the circuit.
    assert_eq!((queue.keys().len(), queue.pending().await.len()), (5, 6));
    assert_eq!(queue.dead().await, [""; 0]);
}

#[tokio::test]
async fn a_message_of_a_consumer_that_crashed_is_billed_after_the_redelivery_time() {
    let Some(mut queue) = Queue::new().await else { return };
    let id = queue.publish("a kettle").await;
    queue.crash_after_read().await;
    assert_eq!(queue.consumer.round().await.unwrap(), 0, "it may still be at work");
    queue.age(&id, 1).await;
    assert_eq!(queue.consumer.round().await.unwrap(), 1);
    assert_eq!(queue.keys(), ["a kettle"]);
    assert_eq!(queue.pending().await, []);
}

#[tokio::test]
async fn an_order_that_is_refused_is_a_dead_letter_at_once_and_no_failure() {
    let Some(mut queue) = Queue::new().await else { return };
    let before = queue.turn.totals();
    queue.publish("nonsense").await;
    queue.turn.server().1.set(Behaviour::Responds(422, ""));
    queue.consumer.round().await.unwrap();
    assert_eq!(queue.dead().await, ["422"]);
    assert_eq!((queue.pending().await, queue.keys().len()), (vec![], 1));
    assert_eq!(queue.turn.totals(), (before.0 + 1, before.1));
}

#[tokio::test]
async fn a_message_that_ends_its_consumers_is_a_dead_letter_after_five_deliveries() {
    let Some(mut queue) = Queue::new().await else { return };
    let id = queue.publish("poison").await;
    queue.crash_after_read().await;
    queue.age(&id, 5).await;
    assert_eq!(queue.consumer.round().await.unwrap(), 0);
    assert_eq!(queue.dead().await, ["delivered too often"]);
    assert_eq!((queue.pending().await, queue.keys()), (vec![], vec![]));
}

#[tokio::test]
async fn a_message_that_ends_its_consumers_takes_no_other_message_with_it() {
    let Some(mut queue) = Queue::new().await else { return };
    let ids = [queue.publish("poison").await, queue.publish("a lamp").await];
    queue.crash_after_read().await;
    // Four more consumers took over the first message and ended. Both are due again.
    queue.age(&ids[0], 5).await;
    queue.age(&ids[1], 1).await;
    while !queue.pending().await.is_empty() {
        queue.consumer.round().await.unwrap();
    }
    assert_eq!((queue.dead().await.len(), queue.keys()), (1, vec!["a lamp".to_owned()]));
}

#[tokio::test]
async fn in_an_outage_the_consumer_pauses_and_no_message_is_lost_or_becomes_a_dead_letter()
 {
    let Some(mut queue) = Queue::new().await else { return };
    let ids = [queue.publish("a kettle").await, queue.publish("a lamp").await];
    queue.turn.server().1.end();
    queue.turn.set_time(Time::Real);
    assert_eq!(queue.consumer.round().await.unwrap(), 2);
    assert_eq!(queue.turn.state(), CircuitState::Open);
    assert!(pause().is_some());
    // No delivery of the outage counts.
    assert_eq!(queue.pending().await, ids.clone().map(|id| (id, 0)));

    queue.turn.server().1.restart();
    queue.turn.recover();
    assert_eq!(pause(), None);
    for id in &ids {
        queue.age(id, 0).await;
        assert_eq!(queue.consumer.round().await.unwrap(), 1);
    }
    assert_eq!(queue.turn.state(), CircuitState::Closed);
    assert_eq!(queue.keys(), ["a kettle", "a lamp"]);
    assert_eq!((queue.pending().await, queue.dead().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_billing_service_that_hangs_costs_less_than_the_redelivery_time() {
    let Some(mut queue) = Queue::new().await else { return };
    let id = queue.publish("a kettle").await;
    queue.turn.server().1.set(Behaviour::Hangs);
    let failures = queue.turn.totals().1;
    let consumer = queue.consumer.clone();
    let round = tokio::spawn(async move { consumer.round().await });
    while queue.keys().is_empty() {
        tokio::task::yield_now().await;
    }
    let start = tokio::time::Instant::now();
    while queue.turn.totals().1 < failures + 3 {
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    let waited = start.elapsed().as_secs();
    assert_eq!(round.await.unwrap().unwrap(), 1);
    assert!((6..=8).contains(&waited), "{waited} s");
    assert_eq!(queue.pending().await, [(id, 0)]);
}

#[tokio::test]
async fn a_consumer_goes_on_after_the_broker_was_restarted() {
    let Some(mut queue) = Queue::new().await else { return };
    queue.publish("a kettle").await;
    queue.consumer.round().await.unwrap();
    queue.turn.set_time(Time::Real);
    queue.turn.replace(|(server, upstream)| {
        (ready_redis(Some(server.into_folder("TERM")), &STORED).unwrap(), upstream)
    });
    let url = redis_url(queue.turn.server().0.folder());
    queue.broker = connect(&url).await;
    queue.publish("a lamp").await;
    tokio::select! {
        () = queue.consumer.run() => unreachable!("it runs until it is dropped"),
        () = async {
            let (_, upstream) = queue.turn.server();
            while !upstream.received().iter().any(|request| request.key == "a lamp") {
                tokio::task::yield_now().await;
            }
        } => {}
    }
}
