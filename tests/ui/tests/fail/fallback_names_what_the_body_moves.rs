//! An argument that the fallback names is copied for the body if that moves it.

use resilient::fallback;

struct Connection;

#[fallback(with = |()| Some(reuse(&connection)))]
fn owned(connection: Connection) -> Option<u32> {
    drop(connection);
    None
}

fn reuse(_: &Connection) -> u32 {
    1
}

fn main() {}
