//! The attributes apply to functions only.

use resilient::{circuit_breaker, retry};

#[retry]
struct Struct;

#[circuit_breaker]
enum Enum {}

#[retry]
impl Struct {
    fn method(&self) {}
}

#[circuit_breaker(failure_threshold = 3)]
trait Trait {}

#[retry]
mod module {}

#[circuit_breaker]
const CONSTANT: u32 = 3;

#[retry]
static STATIC: u32 = 3;

#[circuit_breaker]
type Alias = u32;

#[retry]
unsafe extern "C" {}

#[circuit_breaker]
macro_rules! rules {
    () => {};
}

fn main() {
    Struct.method();
    rules!();
}
