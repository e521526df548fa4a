//! Arguments may be tuples, structs, slices, `ref`, `&x`, `_`, nested `mut`, `@` and or-patterns,
//! in async and plain functions, alone and stacked.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Debug, PartialEq)]
struct Point<T> {
    x: T,
    y: (u32, Vec<u32>),
}

#[derive(Clone)]
struct Id(u32);

struct NotClone(#[allow(dead_code)] u32);

fn third() -> Option<u32> {
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
async fn owned(
    (a, mut b): (String, Vec<u32>),
    Point { x, y: (mut n, list) }: Point<String>,
    Id(id): Id,
    [first, .., mut last]: [u32; 3],
    [head, rest @ ..]: [String; 2],
) -> Option<(String, Vec<u32>)> {
    b.push(n + id + first + last);
    n += 1;
    last += n;
    tokio::task::yield_now().await;
    third()?;
    b.extend(list);
    b.push(last);
    Some((a + &x + &head + &rest[0], b))
}

#[retry]
#[circuit_breaker(name = "patterns, retry above")]
async fn borrowed(
    (a, b): &(String, u32),
    &(c, _): &(u32, NotClone),
    Point { x, y: (_, list) }: &Point<u32>,
    [first, .., last]: &[u32; 3],
    &mut (ref mut count, _): &mut (u32, NotClone),
) -> Option<(String, u32)> {
    *count += 1;
    tokio::task::yield_now().await;
    third()?;
    Some((a.clone(), b + c + x + first + last + list.len() as u32))
}

#[circuit_breaker(name = "patterns, breaker above", order = explicit)]
#[retry(base_delay = "0s")]
fn exclusive(
    (a, list): &mut (u32, Vec<u32>),
    Point { x, y }: &mut Point<String>,
    [left, right]: &mut [u32; 2],
    whole @ Id(_): &mut Id,
) -> Option<u32> {
    *a += 1;
    list.push(*a);
    x.push('!');
    y.0 += 1;
    std::mem::swap(left, right);
    whole.0 += 1;
    third()
}

#[retry(base_delay = "0s")]
fn by_ref(
    ref text: String,
    ref mut list: Vec<u32>,
    (ref a, b): (NotClone, String),
    Point { ref x, .. }: Point<NotClone>,
    whole @ (_, _): (u32, u32),
    _ignored: NotClone,
    _: NotClone,
    (Ok(either) | Err(either)): Result<u32, u32>,
) -> Option<(usize, String)> {
    list.push(text.len() as u32 + whole.0 + either);
    let _ = (a, x);
    third()?;
    Some((list.len(), b))
}

#[retry(base_delay = "0s")]
fn raw(
    r#type: String,
    (r#match, mut r#fn): (u32, u32),
    Point { x: r#loop, .. }: Point<u32>,
) -> Option<String> {
    r#fn += r#match + r#loop;
    third()?;
    Some(format!("{type}{}", r#fn))
}

trait Take {
    fn take(&mut self, pair: (u32, String)) -> Option<String>;
}

impl Take for u32 {
    #[retry(base_delay = "0s")]
    fn take(&mut self, (by, mut text): (u32, String)) -> Option<String> {
        *self += by;
        text.push('?');
        third().map(|_| text)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let point = Point { x: "x".to_owned(), y: (1, vec![9]) };
    let texts = ["h".to_owned(), "r".to_owned()];
    let output = owned(("a".to_owned(), vec![]), point.clone(), Id(1), [1, 2, 3], texts);
    assert_eq!(sendable(output).await, Some(("axhr".to_owned(), vec![6, 9, 5])));
    assert_eq!(CALLS.swap(0, SeqCst), 3);

    let mut count = (0, NotClone(0));
    let point_of_u32 = Point { x: 1, y: (1, vec![1, 2]) };
    let pair = ("a".to_owned(), 1);
    let output = borrowed(&pair, &(1, NotClone(1)), &point_of_u32, &[1, 2, 3], &mut count);
    assert_eq!(sendable(output).await, Some(("a".to_owned(), 9)));
    assert_eq!((count.0, CALLS.swap(0, SeqCst)), (3, 3));

    let (mut tuple, mut point, mut array, mut id) = ((0, vec![]), point, [1, 2], Id(0));
    assert_eq!(exclusive(&mut tuple, &mut point, &mut array, &mut id), Some(3));
    assert_eq!(tuple, (3, vec![1, 2, 3]));
    assert_eq!((point.x.as_str(), point.y.0), ("x!!!", 4));
    assert_eq!((array, id.0), ([2, 1], 3));
    assert_eq!(CALLS.swap(0, SeqCst), 3);

    let owned = (NotClone(1), "b".to_owned());
    let point = Point { x: NotClone(1), y: (1, vec![]) };
    let output =
        by_ref("t".to_owned(), vec![], owned, point, (1, 2), NotClone(1), NotClone(2), Err(1));
    assert_eq!(output, Some((3, "b".to_owned())), "bindings by reference keep their values");
    assert_eq!(CALLS.swap(0, SeqCst), 3);

    let point = Point { x: 1, y: (1, vec![]) };
    assert_eq!(raw("a".to_owned(), (1, 2), point).as_deref(), Some("a4"));
    let mut number = 0_u32;
    assert_eq!(number.take((2, "x".to_owned())).as_deref(), Some("x?"));
    assert_eq!(number, 6);
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!(totals("patterns, retry above").failure, 2);
    assert_eq!(totals("patterns, breaker above").success, 1);
}
