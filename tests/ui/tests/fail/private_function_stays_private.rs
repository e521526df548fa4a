//! An annotated function keeps its visibility.

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
