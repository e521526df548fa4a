//! An argument that the body only indexes is lent to each attempt, so the argument need not be
//! `Clone`.
#![deny(warnings, clippy::pedantic)]

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Index;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{retry, timeout};

static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

/// Fails twice, then returns the value.
fn third<T>(value: T) -> Option<T> {
    (ATTEMPTS.fetch_add(1, SeqCst) % 3 == 2).then_some(value)
}

struct Table([u32; 3]);

impl Index<usize> for Table {
    type Output = u32;

    fn index(&self, index: usize) -> &u32 {
        &self.0[index]
    }
}

struct Named {
    words: Box<[String]>,
}

/// A type without `Clone`.
struct Unique(u32);

impl Unique {
    fn get(&self) -> u32 {
        self.0
    }
}

#[retry(base_delay = "0s")]
async fn boxed_slice(numbers: Box<[Unique]>, at: usize) -> Option<u32> {
    tokio::task::yield_now().await;
    third(numbers[at].get())
}

#[retry(base_delay = "0s")]
fn of_a_plain_function(numbers: Box<[Unique]>, at: usize) -> Option<u32> {
    third(numbers[at].get())
}

#[retry(base_delay = "0s")]
async fn table_of_the_user(table: Table) -> Option<u32> {
    let first = table[0];
    tokio::task::yield_now().await;
    third(first + table[1] + table[2])
}

#[retry(base_delay = "0s")]
#[timeout("1s")]
async fn field_of_an_argument(named: Named, at: usize) -> Option<usize> {
    third(named.words[at].len())
}

#[retry(base_delay = "0s")]
async fn element_that_is_not_copy(words: Vec<String>, at: usize) -> Option<String> {
    third(words[at].clone())
}

#[retry(base_delay = "0s")]
async fn rows_and_columns(rows: Vec<[Unique; 2]>, row: usize, column: usize) -> Option<u32> {
    third(rows[row][column].get())
}

#[retry(base_delay = "0s")]
async fn map(map: HashMap<&'static str, Unique>) -> Option<u32> {
    third(map["a"].get())
}

#[retry(base_delay = "0s")]
async fn closure(numbers: Vec<Unique>) -> Option<u32> {
    let sum = || numbers[0].get() + numbers[1].get();
    third(sum())
}

/// Each attempt needs a copy of the argument, because a closure takes the argument.
#[retry(base_delay = "0s")]
async fn closure_by_move(numbers: Vec<u32>) -> Option<u32> {
    let first = move || numbers[0];
    third(first())
}

/// Each attempt changes its own copy of the argument.
#[retry(base_delay = "0s")]
async fn own_copy(mut numbers: Vec<u32>) -> Option<u32> {
    numbers[0] += 1;
    third(numbers[0])
}

/// The elements are not `Sync`, but the future is `Send`.
#[retry(base_delay = "0s")]
async fn cells(cells: Vec<Cell<u32>>) -> Option<u32> {
    let first = cells[0].get();
    tokio::task::yield_now().await;
    third(first)
}

fn send<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn an_indexed_argument_need_not_be_clone() {
    let uniques = || [Unique(1), Unique(2)];
    assert_eq!(send(boxed_slice(Box::new(uniques()), 1)).await, Some(2));
    assert_eq!(of_a_plain_function(Box::new(uniques()), 1), Some(2));
    assert_eq!(send(table_of_the_user(Table([1, 2, 3]))).await, Some(6));
    let words = || vec!["a".to_owned(), "bc".to_owned()];
    let named = Named { words: words().into() };
    assert_eq!(send(field_of_an_argument(named, 1)).await, Some(2));
    let word = send(element_that_is_not_copy(words(), 1)).await;
    assert_eq!(word.as_deref(), Some("bc"));
    assert_eq!(send(rows_and_columns(vec![uniques()], 0, 1)).await, Some(2));
    let by_name = HashMap::from([("a", Unique(3))]);
    assert_eq!(send(map(by_name)).await, Some(3));
    assert_eq!(send(closure(uniques().into())).await, Some(3));
    assert_eq!(send(closure_by_move(vec![4])).await, Some(4));
    assert_eq!(send(own_copy(vec![1])).await, Some(2));
    assert_eq!(send(cells(vec![Cell::new(5)])).await, Some(5));
    assert_eq!(ATTEMPTS.load(SeqCst), 33);
}
