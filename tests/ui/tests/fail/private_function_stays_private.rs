//! Visibility is the user's.

mod client {
    #[resilient::retry]
    #[resilient::circuit_breaker]
    fn hidden() -> Option<u32> {
        None
    }
}

fn main() {
    client::hidden();
}
