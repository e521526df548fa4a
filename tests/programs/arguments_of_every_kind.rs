//! Each attempt receives the arguments of the call, whatever kind of argument they are.

use resilient::retry;

#[derive(Clone, Debug, PartialEq)]
struct Point {
    x: u32,
    y: Vec<u32>,
}

struct NotClone(u32);

#[retry(base_delay = "0s")]
fn patterns(
    Point { x, y: mut list }: Point,
    &(a, ref b): &(u32, String),
    [first, rest @ ..]: [u32; 3],
    whole @ (left, _): (u32, u32),
    (mut deep, [_, (deeper, _)]): (u32, [(String, u32); 2]),
) -> Option<(u32, Vec<u32>)> {
    deep += 1;
    list.push(x + a + first + left + whole.1 + deep);
    list.extend(rest);
    drop(deeper);
    (b.len() < 3).then_some((x, list))
}

#[retry(max_retries = 2, base_delay = "0s", attempt = attempt)]
fn changed(mut count: u32, mut list: Vec<u32>, log: &mut Vec<u32>) -> Option<u32> {
    count += 1;
    list.push(count);
    log.push(count);
    if attempt.number() < 3 {
        return None;
    }
    Some(count + list.len() as u32)
}

#[retry]
fn borrowed(order: NotClone, by_text: NotClone, nested: (NotClone, NotClone)) -> Option<u32> {
    let view = &order;
    let (_, second) = &nested;
    println!("{} {}", by_text.0, nested.0.0);
    Some(view.0 + second.0)
}

#[retry(borrow(order))]
async fn overridden(order: NotClone) -> Option<u32> {
    macro_rules! look {
        ($order:expr) => {
            $order.0
        };
    }
    Some(look!(order))
}

#[retry]
fn slices(
    text: &str,
    bytes: &[u8],
    pair: (&str, &str),
    all: &mut [u32],
    array: [&str; 2],
) -> Option<usize> {
    all[0] += 1;
    let (head, _) = pair;
    Some(text.len() + bytes.len() + head.len() + array[1].len() + all.len())
}

#[retry]
fn moved_into_a_closure(text: String) -> Option<usize> {
    let length = move || text.len();
    Some(length())
}

#[retry]
async fn moved_into_a_future(text: String, count: &mut u32) -> Option<usize> {
    *count += 1;
    async move { Some(text.len() + *count as usize) }.await
}

#[retry]
fn shadowed(text: String) -> Option<String> {
    let text = text + "!";
    let text = format!("{text}?");
    Some(text)
}

#[retry]
fn exclusive_in_an_option(value: Option<u32>, mut iter: std::vec::IntoIter<u32>) -> Option<u32> {
    iter.next().or(value)
}

#[test]
fn runs() {
    let point = Point { x: 1, y: vec![] };
    let texts = [("a".to_owned(), 1), ("b".to_owned(), 2)];
    assert_eq!(
        patterns(point, &(1, "ab".into()), [1, 2, 3], (1, 2), (0, texts)),
        Some((1, vec![7, 2, 3]))
    );
    let mut log = Vec::new();
    assert_eq!(changed(1, vec![], &mut log), Some(3));
    assert_eq!(log, [2, 2, 2]);
    assert_eq!(borrowed(NotClone(1), NotClone(2), (NotClone(3), NotClone(4))), Some(5));
    assert_eq!(slices("a", b"bc", ("d", ""), &mut [1], ["", "e"]), Some(6));
    assert_eq!(moved_into_a_closure("abc".into()), Some(3));
    assert_eq!(shadowed("a".into()).as_deref(), Some("a!?"));
    assert_eq!(exclusive_in_an_option(None, vec![4].into_iter()), Some(4));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(overridden(NotClone(3))), Some(3));
    assert_eq!(runtime.block_on(moved_into_a_future("a".into(), &mut 0)), Some(2));
}
