//! A union cannot be classified.

use resilient::Classify;

#[derive(Classify)]
#[transient]
union Either {
    left: u32,
    right: f32,
}

fn main() {
    let _ = Either { left: 1 }.classify();
}
