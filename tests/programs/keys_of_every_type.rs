//! A key may be text in every form, a number, an address, a user type or a type parameter, by value
//! or borrowed.
#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use resilient::{circuit_breaker, retry};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Region {
    Eu,
    Us(u8),
}

impl Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

macro_rules! keyed_by {
    ($($function:ident($argument:ident: $type:ty) by $key:expr;)*) => {
        $(#[circuit_breaker(key = $key, failure_threshold = 1)]
        fn $function($argument: $type, works: bool) -> Option<u32> {
            let _ = &$argument;
            works.then_some(1)
        })*
    };
}

keyed_by! {
    text(key: &str) by key;
    literal(key: &'static str) by key;
    string(key: String) by key;
    lent_string(key: &String) by key;
    exclusive(key: &mut String) by &*key;
    boxed(key: Box<str>) by key;
    counted(key: &Arc<str>) by key;
    either(key: Cow<'_, str>) by &*key;
    number(key: u64) by key % 16;
    letter(key: Option<char>) by key.unwrap_or('?');
    address(key: IpAddr) by key;
    of_the_user(key: Region) by key;
    lent_of_the_user(key: &Region) by key;
    made(key: &Region) by match key { Region::Eu => 0, Region::Us(number) => 1 + *number };
    two(key: (&str, u16)) by format!("{}:{}", key.0, key.1);
}

#[circuit_breaker(name = "generic, of types", key = key, failure_threshold = 1)]
async fn generic<K: Hash + Eq + Display + Clone + Send + Sync + 'static>(
    key: &K,
    works: bool,
) -> Option<u32> {
    let _ = key;
    works.then_some(1)
}

#[retry(max_retries = 0)]
#[circuit_breaker(name = "opaque, of types", key = host.to_string(), failure_threshold = 1)]
async fn opaque(host: impl Display + Clone, works: bool) -> Option<u32> {
    let _ = host.to_string();
    works.then_some(1)
}

#[circuit_breaker(name = "constant", key = N, failure_threshold = 1)]
fn constant<const N: u8>(works: bool) -> Option<u32> {
    works.then_some(1)
}

struct Shard<T>(T);

impl<T: AsRef<str>> Shard<T> {
    #[circuit_breaker(name = "of a generic type", key = self.0.as_ref(), failure_threshold = 1)]
    fn call(&mut self, works: bool) -> Option<u32> {
        works.then_some(1)
    }
}

/// Makes a failing call with one key, then a call with the same key, then a call with another key.
/// Only the last call succeeds.
macro_rules! check {
    ($($function:ident: $key:expr, $other:expr;)*) => {
        $(
            assert_eq!($function($key, false), None, stringify!($function));
            assert_eq!($function($key, true), None, stringify!($function));
            assert_eq!($function($other, true), Some(1), stringify!($function));
        )*
    };
}

#[tokio::test]
async fn runs() {
    check! {
        text: &String::from("a"), "b";
        literal: "a", "b";
        string: "a".to_owned(), "b".to_owned();
        lent_string: &"a".to_owned(), &"b".to_owned();
        exclusive: &mut "a".to_owned(), &mut "b".to_owned();
        boxed: "a".into(), "b".into();
        counted: &"a".into(), &"b".into();
        either: "a".into(), "b".to_owned().into();
        number: 1, 2;
        letter: Some('a'), None;
        address: [127, 0, 0, 1].into(), [127, 0, 0, 2].into();
        of_the_user: Region::Eu, Region::Us(1);
        lent_of_the_user: &Region::Us(2), &Region::Us(1);
        made: &Region::Us(2), &Region::Eu;
        two: ("a", 1), ("a", 2);
    }
    assert_eq!(number(17, true), None, "17 and 1 share a shard");
    assert_eq!(generic(&1, false).await, None);
    assert_eq!(generic(&1, true).await, None);
    assert_eq!(generic(&2, true).await, Some(1));
    assert_eq!(opaque("a", false).await, None);
    assert_eq!(opaque('a', true).await, None);
    assert_eq!(opaque("b", true).await, Some(1));
    assert_eq!(constant::<1>(false), None);
    assert_eq!(constant::<1>(true), None);
    assert_eq!(constant::<2>(true), Some(1));
    assert_eq!(Shard("a").call(false), None);
    assert_eq!(Shard("a".to_owned()).call(true), None);
    assert_eq!(Shard("b").call(true), Some(1));
}
