//! A fallback needs exactly one of `value` and `with`.

use resilient::fallback;

#[fallback]
fn neither() -> Option<u32> {
    None
}

#[fallback(on = ())]
fn a_pattern_alone() -> Option<u32> {
    None
}

#[fallback(value = 1, with = |()| Some(1))]
fn both() -> Option<u32> {
    None
}

#[fallback(with = 1)]
fn a_value_for_a_closure() -> Option<u32> {
    None
}

#[fallback(1)]
fn no_key() -> Option<u32> {
    None
}

#[fallback(valeu = 1)]
fn misspelt() -> Option<u32> {
    None
}

#[fallback(value = 1, order = implicit)]
fn other_order() -> Option<u32> {
    None
}

fn main() {}
