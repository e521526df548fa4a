//! If the body moves an argument that the fallback names, the argument must be `Clone`.

use resilient::fallback;

struct Connection;

#[fallback(with = |()| Some(reuse(&connection)))]
fn owned(connection: Connection) -> Option<u32> {
    drop(connection);
    None
}

#[fallback(with = |()| connections.first().map(reuse))]
fn held(connections: Vec<Connection>) -> Option<u32> {
    drop(connections);
    None
}

fn reuse(_: &Connection) -> u32 {
    1
}

fn main() {}
