//! A plain function cannot await its fallback.

use resilient::fallback;

#[fallback(with = async |()| Some(1))]
fn closure() -> Option<u32> {
    None
}

#[fallback(with = |()| async { Some(1) })]
fn block() -> Option<u32> {
    None
}

#[fallback(with = later)]
fn path() -> Option<u32> {
    None
}

async fn later((): ()) -> Option<u32> {
    None
}

fn main() {}
