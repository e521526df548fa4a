//! What happens, scene by scene.

use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{Registry, deadline};
use resilient_tower::GrpcError;
use tokio::time::{Instant, sleep};

use crate::customer::Customer;
use crate::network::Network;
use crate::shop::Shop;
use crate::warehouse::{Mood, Warehouse};

/// Runs the story, and calls `print` with each line.
///
/// # Errors
///
/// Returns an error if a server cannot be started, or if a scene ends otherwise than it should.
pub async fn run(
    network: Network,
    mut print: impl FnMut(&str),
) -> Result<(), Box<dyn std::error::Error>> {
    let warehouse = Warehouse::new();
    let shop = Shop::new(network.serve(warehouse.server()).await?);
    let customer = Customer::new(network.serve(shop.server()).await?);
    print("A customer asks the shop, and the shop asks the warehouse, by gRPC.");
    print("The customer waits for a second. The shop makes up to 3 attempts of 200 ms.");
    let mut scene = Scene { customer, warehouse, print: &mut print };

    scene.begins("All is well.");
    scene.orders().await;

    scene.begins("The warehouse refuses one call, and the shop repeats it.");
    scene.warehouse.set(Mood::RefusesOne);
    scene.orders().await;

    scene.begins("The warehouse hangs. Ten customers wait for 50 ms only.");
    scene.warehouse.set(Mood::Hangs);
    for _ in 0..10 {
        let ended = deadline::scope(Duration::from_millis(50), scene.customer.order("kettle"));
        ended.await.expect_err("the warehouse hangs");
    }
    scene.counts_calls().await;

    scene.begins("It still hangs. One customer waits for a second.");
    scene.orders().await;

    scene.begins("Ten customers come at once while the circuit is open.");
    for _ in 0..10 {
        scene.customer.order("kettle").await.expect_err("the circuit is open");
    }
    scene.counts_calls().await;

    scene.begins("The warehouse is well again, and 2 seconds have passed.");
    scene.warehouse.set(Mood::Well);
    sleep(Duration::from_millis(2_500)).await;
    scene.orders().await;
    Ok(())
}

struct Scene<'p> {
    customer: Customer,
    warehouse: Warehouse,
    print: &'p mut dyn FnMut(&str),
}

impl Scene<'_> {
    fn begins(&mut self, title: &str) {
        (self.print)("");
        (self.print)(title);
    }

    /// One customer orders.
    async fn orders(&mut self) {
        let began = Instant::now();
        let result = self.customer.order("kettle").await;
        let time = match began.elapsed().as_millis() {
            0..100 => "at once",
            100..1_000 => "in less than a second",
            _ => "after a second",
        };
        let line = match result {
            Ok(left) => format!("  customer: {left} kettles are left, {time}"),
            Err(GrpcError::Status(status)) => {
                format!("  customer: {:?}, {}, {time}", status.code(), status.message())
            }
            Err(error) => format!("  customer: {error}, {time}"),
        };
        (self.print)(&line);
        self.counts_calls().await;
    }

    /// Shows what the warehouse has seen, and the breaker of the shop.
    async fn counts_calls(&mut self) {
        // The last call reaches its end at the warehouse.
        sleep(Duration::from_millis(20)).await;
        let calls = self.warehouse.take_calls();
        let attempts: Vec<_> = calls.iter().map(|seen| seen.attempt.to_string()).collect();
        let knew = calls.iter().filter(|seen| seen.left.is_some()).count();
        (self.print)(&match calls.len() {
            0 => "  warehouse: no call".to_owned(),
            1 => format!("  warehouse: 1 call, attempt {}", attempts.join(" ")),
            calls => format!("  warehouse: {calls} calls, attempts {}", attempts.join(" ")),
        });
        if knew < calls.len() {
            (self.print)("  warehouse: somebody did not say how long the customer waits");
        }
        match self.warehouse.running() {
            0 => {}
            calls => (self.print)(&format!("  warehouse: still works on {calls} calls")),
        }
        let breaker = Registry::global().get("warehouse");
        let state = breaker.map_or(CircuitState::Closed, |breaker| breaker.state());
        (self.print)(&format!("  circuit of the shop: {state}"));
    }
}
