//! Which calls may be repeated, as `docs/idempotency.md` shows it.

use std::sync::Arc;

use resilient_http::{Idempotency, IdempotencyKey, MockTransport};

// excerpt: keys
use std::collections::HashMap;
use std::io;
use std::sync::Mutex;

use resilient::retry;

/// Wrong: the body runs for each attempt, so each attempt has another key.
#[retry(attempt_timeout = "2s")]
async fn charge_wrong(provider: &Provider, cents: u64) -> io::Result<()> {
    let key = new_key();
    provider.charge(&key, cents).await
}

/// Right: the key is an argument, which is equal in all attempts.
#[retry(attempt_timeout = "2s")]
async fn charge(provider: &Provider, key: &str, cents: u64) -> io::Result<()> {
    provider.charge(key, cents).await
}

fn new_key() -> String {
    uuid::Uuid::new_v4().to_string()
}
// end excerpt

// excerpt: provider
/// Stands for a payment provider: it charges once for each key, and its first response is
/// lost.
#[derive(Default)]
struct Provider {
    charges: Mutex<HashMap<String, u64>>,
    requests: Mutex<u32>,
}

impl Provider {
    async fn charge(&self, key: &str, cents: u64) -> io::Result<()> {
        self.charges.lock().unwrap().entry(key.to_owned()).or_insert(cents);
        let mut requests = self.requests.lock().unwrap();
        *requests += 1;
        if *requests == 1 { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}
// end excerpt

// excerpt: twice
#[tokio::test(start_paused = true)]
async fn a_key_for_each_attempt_charges_twice() {
    let provider = Provider::default();
    charge_wrong(&provider, 450).await.unwrap();
    assert_eq!(provider.charges.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_for_the_operation_charges_once() {
    let provider = Provider::default();
    let key = new_key(); // store it with the order before the first attempt
    charge(&provider, &key, 450).await.unwrap();
    assert_eq!(provider.charges.lock().unwrap().len(), 1);
}
// end excerpt

// excerpt: conditional
/// Ships an order if it is paid. Returns `false` if the order is in another state.
#[retry(attempt_timeout = "2s")]
async fn ship(orders: &Orders, id: u64, shipment: &str) -> io::Result<bool> {
    if orders.ship_if_paid(id, shipment).await? {
        return Ok(true);
    }
    // The write of an earlier attempt may have succeeded although its response was lost.
    Ok(orders.shipment_of(id).await?.as_deref() == Some(shipment))
}

/// Stands for a table of orders. A paid order has no shipment yet.
struct Orders(Mutex<HashMap<u64, Option<String>>>);

impl Orders {
    /// `UPDATE orders SET shipment = $2 WHERE id = $1 AND shipment IS NULL`
    async fn ship_if_paid(&self, id: u64, shipment: &str) -> io::Result<bool> {
        let mut orders = self.0.lock().unwrap();
        match orders.get_mut(&id) {
            Some(order) if order.is_none() => {
                *order = Some(shipment.to_owned());
                // The order is shipped, and the response is lost.
                Err(io::ErrorKind::ConnectionReset.into())
            }
            _ => Ok(false),
        }
    }

    /// `SELECT shipment FROM orders WHERE id = $1`
    async fn shipment_of(&self, id: u64) -> io::Result<Option<String>> {
        Ok(self.0.lock().unwrap().get(&id).cloned().flatten())
    }
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn a_conditional_write_recognises_what_its_own_first_attempt_wrote() {
    let orders = Orders(Mutex::new(HashMap::from([(1, None), (2, Some("other".to_owned()))])));
    assert!(ship(&orders, 1, "s-1").await.unwrap());
    assert!(!ship(&orders, 2, "s-2").await.unwrap());
    assert_eq!(orders.shipment_of(1).await.unwrap().unwrap(), "s-1");
}

// excerpt: http
use resilient_http::{ApiClient, ApiError};

async fn charge_over_http(api: &ApiClient, order: &str) -> Result<String, ApiError> {
    let path = api.post("orders/{order}/charge").param("order", order);
    // The key belongs to the operation, so it stays the same if the program is restarted.
    path.idempotency_key(format!("charge-{order}")).await
}
// end excerpt

/// A client, and the keys of the requests that it sends.
fn api() -> (ApiClient, Arc<Mutex<Vec<Option<String>>>>) {
    let keys = Arc::<Mutex<Vec<Option<String>>>>::default();
    let received = keys.clone();
    let transport = MockTransport::new(move |request| {
        let key = request.headers().get("idempotency-key");
        let key = key.map(|key| key.to_str().unwrap().to_owned());
        let mut received = received.lock().unwrap();
        received.push(key);
        let status = if received.len() == 1 { 500 } else { 200 };
        Ok(http::Response::builder().status(status).body("\"paid\"".into()).unwrap())
    });
    let api = ApiClient::builder("https://api.example.com").transport(transport);
    (api.build().unwrap(), keys)
}

#[tokio::test(start_paused = true)]
async fn the_client_repeats_a_post_with_a_key_and_sends_the_key_again() {
    let (api, keys) = api();
    assert_eq!(charge_over_http(&api, "7").await.unwrap(), "paid");
    assert_eq!(*keys.lock().unwrap(), [Some("charge-7".to_owned()), Some("charge-7".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn the_client_repeats_a_request_after_a_500_as_the_table_says() {
    for (method, requests) in [("GET", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)] {
        let (api, keys) = api();
        let _ = api.request(method.parse().unwrap(), "x").await;
        assert_eq!(keys.lock().unwrap().len(), requests, "{method}");
    }
    for (idempotency, requests) in [
        (Idempotency::Auto, 1),
        (Idempotency::Yes, 2),
        (Idempotency::No, 1),
        (Idempotency::Key(IdempotencyKey::Auto), 2),
    ] {
        let (api, keys) = api();
        let _: Result<String, _> = api.post("x").idempotency(idempotency.clone()).await;
        let keys = keys.lock().unwrap();
        assert_eq!(keys.len(), requests, "{idempotency:?}");
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}
