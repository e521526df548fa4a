//! The field of a marked variant can be made from the error of the runtime. The errors are at the
//! types of the fields.

use resilient::{CircuitOpen, Classify};

#[derive(Classify)]
enum PayError {
    #[circuit_open]
    #[ignored]
    Open(Vec<u8>),
    #[timed_out]
    Late(std::sync::Arc<CircuitOpen>),
}

#[derive(Classify)]
#[circuit_open]
struct Boxed(Box<dyn std::error::Error + Send + Sync>);

fn main() {}
