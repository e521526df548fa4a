//! An element that is not `Copy` cannot be moved out of an argument, with or without the attribute.

use resilient::retry;

#[retry]
async fn of_a_box(words: Box<[String]>, at: usize) -> Option<String> {
    Some(words[at])
}

#[retry]
fn of_an_array(words: [String; 2]) -> Option<String> {
    let first = words[0];
    Some(first)
}

#[retry]
async fn of_a_copy(numbers: Box<[u32]>, at: usize) -> Option<u32> {
    Some(numbers[at])
}

fn main() {}
