//! The type of a key needs several traits. The message at the key names the missing traits.

use resilient::circuit_breaker;

#[derive(Clone, PartialEq)]
struct Region(u32);

#[circuit_breaker(key = region)]
fn call(region: Region) -> Option<u32> {
    Some(region.0)
}

#[circuit_breaker(key = (host, port))]
fn connect(host: &'static str, port: u16) -> Option<u16> {
    let _ = host;
    Some(port)
}

fn main() {
    call(Region(1));
    connect("host", 1);
}
