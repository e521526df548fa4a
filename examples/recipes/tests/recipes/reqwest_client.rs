//! The recipe for reqwest against an HTTP server.

use std::time::Duration;

use example_recipes::reqwest_client::{PayError, Payments};
use resilient::breaker::CircuitState;
use resilient::testing::Scope;

use crate::support::{self, Time, Turn};
use crate::upstream::{Behaviour, Upstream};

async fn provider() -> (Turn<Upstream>, Payments) {
    static SERVER: support::Server<Upstream> = support::Server::const_new(None);
    let mut turn =
        Turn::take(&SERVER, "payments", || Some(Upstream::start("paid"))).await.unwrap();
    turn.server().reset("paid");
    let payments = Payments::new(turn.server().url()).unwrap();
    (turn, payments)
}

#[tokio::test]
async fn a_payment_that_does_not_exist_is_a_response() {
    let (mut turn, payments) = provider().await;
    assert_eq!(payments.state(1).await.unwrap().as_deref(), Some("paid"));
    let before = turn.totals();
    turn.server().set(Behaviour::Responds(404, "no such payment"));
    assert_eq!(payments.state(2).await.unwrap(), None);
    assert_eq!(turn.totals(), (before.0 + 1, before.1));
    let paths: Vec<_> =
        turn.server().received().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/payments/1", "/payments/2"]);
}

#[tokio::test]
async fn a_charge_that_is_sent_again_has_the_same_key() {
    let (mut turn, payments) = provider().await;
    turn.server().once(Behaviour::Responds(502, ""));
    let scope = Scope::new();
    assert_eq!(
        scope.run(payments.charge("purchase-1", "tok", 500)).await.unwrap(),
        "paid"
    );
    let received = turn.server().received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|one| one.key == "purchase-1" && one.body == "tok 500"));
}

#[tokio::test]
async fn a_charge_that_the_provider_still_works_on_is_sent_again_and_is_no_failure() {
    let (mut turn, payments) = provider().await;
    let before = turn.totals();
    turn.server().once(Behaviour::Responds(409, ""));
    let scope = Scope::new();
    assert_eq!(
        scope.run(payments.charge("purchase-4", "tok", 500)).await.unwrap(),
        "paid"
    );
    scope.assert_attempts(2);
    assert_eq!(turn.totals(), (before.0 + 1, before.1));
}

#[tokio::test]
async fn a_declined_card_is_one_attempt_and_no_failure() {
    let (mut turn, payments) = provider().await;
    let before = turn.totals();
    turn.server().set(Behaviour::Responds(402, ""));
    let declined = payments.charge("purchase-2", "tok", 500).await.unwrap_err();
    assert!(matches!(declined, PayError::Declined), "{declined:?}");
    assert_eq!(turn.server().received().len(), 1);
    assert_eq!(turn.totals(), (before.0 + 1, before.1));
}

#[tokio::test]
async fn a_retry_waits_as_long_as_the_provider_asks_for() {
    let (mut turn, payments) = provider().await;
    let before = turn.totals();
    for status in [429, 503] {
        turn.server().once(Behaviour::RetryAfter(status, 2));
        let scope = Scope::new();
        assert_eq!(scope.run(payments.state(1)).await.unwrap().as_deref(), Some("paid"));
        let delay = scope.call().delays()[0];
        assert!((2_000..2_300).contains(&delay.as_millis()), "{status}: {delay:?}");
    }
    // Too many requests are no failure.
    assert_eq!(turn.totals(), (before.0 + 2, before.1 + 1));
    // The wait would be longer than the deadline, so the call ends at once.
    turn.server().once(Behaviour::RetryAfter(503, 20));
    let scope = Scope::new();
    let busy = scope.run(payments.state(1)).await.unwrap_err();
    assert!(matches!(busy, PayError::Unavailable(Some(Duration { .. }))), "{busy:?}");
    scope.assert_attempts(1);
}

#[tokio::test]
async fn a_provider_that_hangs_opens_the_circuit() {
    let (mut turn, payments) = provider().await;
    turn.server().set(Behaviour::Hangs);
    turn.set_time(Time::Jumps);
    let scope = Scope::new();
    let late = scope.run(payments.state(1)).await.unwrap_err();
    assert!(matches!(late, PayError::Late(_)), "{late:?}");
    assert_eq!(scope.call().attempts(), 3);
    assert!(scope.run(payments.state(1)).await.is_err());
    assert_eq!(turn.state(), CircuitState::Open);
    let rejected = payments.charge("purchase-3", "tok", 500).await.unwrap_err();
    assert!(matches!(rejected, PayError::Open(_)), "{rejected:?}");
}

#[tokio::test]
async fn a_provider_that_is_gone_opens_the_circuit_and_closes_it_once_it_is_back() {
    let (mut turn, payments) = provider().await;
    payments.state(1).await.unwrap();
    turn.server().end();
    let scope = Scope::new();
    while turn.state() == CircuitState::Closed {
        scope.run(payments.state(1)).await.unwrap_err();
    }
    assert!(matches!(payments.state(1).await, Err(PayError::Open(_))));
    turn.server().restart();
    turn.recover();
    assert_eq!(payments.state(1).await.unwrap().as_deref(), Some("paid"));
    assert_eq!(turn.state(), CircuitState::Closed);
}
