//! A documented limit: `#[instrument]` above our attribute first moves the arguments into a block.
//! So an owned argument must be `Clone`, even if the body only borrows the argument.

use resilient::retry;
use tracing::instrument;

struct Order(u32);

fn look(order: &Order) -> u32 {
    order.0
}

#[instrument(skip_all)]
#[retry]
async fn below_instrument(order: Order) -> Option<u32> {
    Some(look(&order))
}

#[retry]
#[instrument(skip_all)]
async fn above_instrument(order: Order) -> Option<u32> {
    Some(look(&order))
}

fn main() {}
