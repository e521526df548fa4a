//! The recipe for Redis against a server.

use std::sync::atomic::Ordering::Relaxed;

use example_recipes::redis_cache::{
    CacheError, PriceCache, PriceService, connect, price, user,
};
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use resilient::Registry;
use resilient::breaker::CircuitState;
use resilient::testing::Scope;
use resilient_test_servers::{Server, ready_redis, redis_url};

use crate::support::{self, Time, Turn, signal};

/// Waits for the turn, and returns an empty cache and the service behind it.
async fn cache() -> Option<(Turn<Server>, PriceCache, PriceService)> {
    let mut turn = turn("price cache").await?;
    let redis = connect(&redis_url(turn.server().folder())).unwrap();
    Some((turn, PriceCache { redis: emptied(redis).await }, PriceService::default()))
}

async fn turn(name: &'static str) -> Option<Turn<Server>> {
    static SERVER: support::Server<Server> = support::Server::const_new(None);
    Turn::take(&SERVER, name, || ready_redis(None, &[])).await
}

async fn emptied(redis: ConnectionManager) -> ConnectionManager {
    redis::cmd("FLUSHALL").exec_async(&mut redis.clone()).await.unwrap();
    redis
}

#[tokio::test]
async fn a_price_is_asked_for_once_and_then_cached_for_a_minute() {
    let Some((_turn, cache, service)) = cache().await else { return };
    for _ in 0..5 {
        assert_eq!(price(&cache, &service, "kettle").await.unwrap(), 3_900);
    }
    assert_eq!(service.requests.load(Relaxed), 1);
    let seconds: u32 = cache.redis.clone().ttl("price:kettle").await.unwrap();
    assert!((50..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_value_of_another_type_is_a_response_and_is_replaced() {
    let Some((turn, cache, service)) = cache().await else { return };
    let before = turn.totals();
    let _: () = cache.redis.clone().set("price:kettle", "no number").await.unwrap();
    assert_eq!(price(&cache, &service, "kettle").await.unwrap(), 3_900);
    assert_eq!(cache.get("kettle").await.unwrap(), Some(3_900));
    assert_eq!(turn.totals(), (before.0 + 3, before.1));
}

#[tokio::test]
async fn a_cache_that_hangs_costs_fifty_milliseconds_until_the_circuit_opens() {
    let Some((mut turn, cache, service)) = cache().await else { return };
    let info: redis::InfoDict =
        redis::cmd("INFO").query_async(&mut cache.redis.clone()).await.unwrap();
    let pid = info.get("process_id").unwrap();
    signal("STOP", pid);
    turn.set_time(Time::Jumps);
    let start = tokio::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(price(&cache, &service, "kettle").await.unwrap(), 3_900);
    }
    // Five calls of 50 ms, each late by up to the millisecond of a timer.
    let waited = start.elapsed().as_millis();
    assert!((250..=260).contains(&waited), "{waited} ms");
    assert_eq!(turn.state(), CircuitState::Open);
    turn.set_time(Time::Still);
    signal("CONT", pid);
    turn.recover();
    price(&cache, &service, "kettle").await.unwrap();
    assert_eq!(turn.state(), CircuitState::Closed);
    assert_eq!(cache.get("kettle").await.unwrap(), Some(3_900));
}

#[tokio::test]
async fn without_a_server_prices_come_from_the_service_and_are_cached_again_after_a_restart()
 {
    let Some((mut turn, cache, service)) = cache().await else { return };
    price(&cache, &service, "kettle").await.unwrap();
    turn.server().end("KILL");
    for _ in 0..20 {
        assert_eq!(price(&cache, &service, "kettle").await.unwrap(), 3_900);
    }
    assert_eq!(service.requests.load(Relaxed), 21);
    assert_eq!(turn.state(), CircuitState::Open);
    turn.replace(|server| ready_redis(Some(server.into_folder("KILL")), &[]).unwrap());
    turn.recover();
    // The probe may be the command at which the manager notices that its connection is lost.
    while turn.state() != CircuitState::Closed {
        price(&cache, &service, "kettle").await.unwrap();
        if turn.state() == CircuitState::Open {
            turn.recover();
        }
    }
    price(&cache, &service, "kettle").await.unwrap();
    assert_eq!(cache.get("kettle").await.unwrap(), Some(3_900));
}

#[tokio::test]
async fn a_session_is_read_again_after_a_lost_connection() {
    let Some(mut turn) = turn("sessions").await else { return };
    let redis = emptied(connect(&redis_url(turn.server().folder())).unwrap()).await;
    let _: () = redis.clone().set("session:token", "ada").await.unwrap();
    assert_eq!(user(&redis, "other").await.unwrap(), None);
    let mut kill = redis::cmd("CLIENT");
    kill.arg(&["KILL", "TYPE", "normal", "SKIPME", "no"]);
    // The server may close the connection before it responds.
    let _ = kill.exec_async(&mut redis.clone()).await;
    let scope = Scope::new();
    assert_eq!(scope.run(user(&redis, "token")).await.unwrap().as_deref(), Some("ada"));
    assert!((1..=2).contains(&scope.call().attempts()));
}

#[tokio::test]
async fn a_session_has_no_fallback_so_the_caller_sees_the_open_circuit() {
    let Some(mut turn) = turn("sessions").await else { return };
    let redis = emptied(connect(&redis_url(turn.server().folder())).unwrap()).await;
    user(&redis, "token").await.unwrap();
    Registry::global().named("sessions").force_open();
    assert!(matches!(user(&redis, "token").await, Err(CacheError::Open(_))));
}
