//! In an async body, labelled loops, early returns, `?` on options and results, let-else, async
//! blocks, closures and nested items work as they do without the attribute.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, PartialEq)]
enum Fault {
    Busy(u32),
    Missing(&'static str),
    Open,
}

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault::Open
    }
}

impl From<std::num::ParseIntError> for Fault {
    fn from(_: std::num::ParseIntError) -> Self {
        Fault::Missing("number")
    }
}

fn third() -> Result<u32, Fault> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault::Busy(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry]
#[circuit_breaker(name = "loops")]
async fn loops(rows: &[&[u32]]) -> Result<u32, Fault> {
    let mut sum = 0;
    let found = 'rows: loop {
        'row: for (index, row) in rows.iter().enumerate() {
            let mut cells = row.iter();
            'cells: while let Some(cell) = cells.next() {
                tokio::task::yield_now().await;
                match cell {
                    0 => continue 'cells,
                    1 => continue 'row,
                    2 => break 'row,
                    3 => break 'rows Some(index),
                    4 => return Ok(sum),
                    n => sum += n,
                }
            }
        }
        third()?;
        break 'rows None;
    };
    let end = 'end: {
        let Some(index) = found else { break 'end 100 };
        if index == 0 {
            break 'end 200;
        }
        300
    };
    Ok(sum + end)
}

#[circuit_breaker(name = "returns", order = explicit)]
#[retry]
async fn returns(commands: &[&str], map: &BTreeMap<&str, u32>) -> Result<u32, Fault> {
    for command in commands {
        let n = match *command {
            "try" => third()?,
            "return" => return third(),
            "fail" => return Err(Fault::Missing("fail")),
            "get" => {
                let get = || Some(map.get("key")? + map.get("other")?);
                let Some(n) = get() else {
                    return Err(Fault::Missing("key"))?;
                };
                n
            }
            "block" => {
                let inner: Option<u32> = async {
                    let first = map.get("key")?;
                    tokio::task::yield_now().await;
                    if *first > 1 {
                        return None;
                    }
                    Some(*first)
                }
                .await;
                inner.ok_or(Fault::Missing("block"))?
            }
            number => number.parse()?,
        };
        if n > 100 {
            return Ok(n);
        }
    }
    Ok(0)
}

#[retry]
async fn items(text: String) -> Option<usize> {
    use std::fmt::Display;
    const BY: usize = 1;
    static SEEN: AtomicU32 = AtomicU32::new(0);
    #[derive(Clone)]
    struct Local<T>(T);
    trait Length {
        fn length(&self) -> usize;
        fn doubled(&self) -> usize {
            self.length() * 2
        }
    }
    impl<T: Display> Length for Local<T> {
        fn length(&self) -> usize {
            let Self(shown) = self;
            shown.to_string().len()
        }
    }
    enum Step {
        One,
    }
    type Alias<T> = Option<T>;
    async fn nested(n: usize) -> Alias<usize> {
        let n = Some(n).filter(|n| *n > 0)?;
        return Some(n + BY);
    }
    #[retry(max_retries = 1, base_delay = "0s")]
    async fn annotated() -> Option<usize> {
        SEEN.fetch_add(1, SeqCst);
        third().ok().map(|n| n as usize)
    }
    let Step::One = Step::One;
    let length = Local(&text).doubled();
    let n = nested(length).await?;
    Some(n + annotated().await?)
}

struct Client {
    calls: u32,
    log: Mutex<Vec<String>>,
}

impl Client {
    /// Nested items have a different `self`; closures and blocks use the method's `self`.
    #[retry]
    #[circuit_breaker(name = "own self")]
    async fn nested_self(&mut self, text: &str) -> Result<String, Fault> {
        struct Inner(u32);
        impl Inner {
            fn twice(self: &Self) -> u32 {
                let this = self;
                this.0 * 2 + self.0
            }
        }
        trait Outer {
            fn outer(&self) -> u32;
        }
        impl Outer for Client {
            fn outer(&self) -> u32 {
                self.calls
            }
        }
        let mut add = |n: u32| {
            self.calls += n;
            self.calls
        };
        add(Inner(1).twice());
        let text = {
            let mut log = self.log.lock().unwrap();
            log.push(format!("{text}{}", self.calls));
            log.concat()
        };
        let text = async { format!("{text}/{}", self.outer()) }.await;
        let appended = async |with: &str| format!("{text}{with}{}", self.calls);
        let appended = appended("+").await;
        tokio::task::yield_now().await;
        third()?;
        Ok(appended)
    }
}

#[retry]
async fn shadowed(text: String, count: u32, list: Vec<u32>) -> Option<String> {
    let text = text + "!";
    let count = count + 1;
    let text = format!("{text}{count}");
    if let [list, ..] = list.as_slice() {
        let count = *list;
        tokio::task::yield_now().await;
        third().ok()?;
        return Some(format!("{text}{count}"));
    }
    let list = || list;
    Some(format!("{:?}", list()))
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(sendable(loops(&[&[0, 5, 1, 9], &[6, 2], &[7]])).await, Ok(111));
    counted(3);
    assert_eq!(sendable(loops(&[&[3]])).await, Ok(200));
    assert_eq!(sendable(loops(&[&[], &[8, 3]])).await, Ok(308));
    assert_eq!(sendable(loops(&[&[9, 4]])).await, Ok(9));
    counted(0);
    let map = BTreeMap::from([("key", 1)]);
    assert_eq!(sendable(returns(&["1", "try", "101"], &map)).await, Ok(101));
    assert_eq!(sendable(returns(&["block", "return"], &map)).await, Ok(6));
    counted(6);
    assert_eq!(sendable(returns(&["get"], &map)).await, Err(Fault::Missing("key")));
    assert_eq!(sendable(returns(&["x"], &map)).await, Err(Fault::Missing("number")));
    assert_eq!(sendable(returns(&["fail"], &map)).await, Err(Fault::Missing("fail")));
    assert_eq!(sendable(returns(&[], &map)).await, Ok(0));
    assert_eq!(sendable(items("ab".to_owned())).await, Some(5 + 3));
    counted(3);
    let mut client = Client { calls: 0, log: Mutex::default() };
    assert_eq!(sendable(client.nested_self("a")).await.as_deref(), Ok("a3a6a9/9+9"));
    counted(3);
    let output = shadowed("t".to_owned(), 1, vec![7]);
    assert_eq!(sendable(output).await.as_deref(), Some("t!27"));
    counted(3);
    assert_eq!(shadowed("t".to_owned(), 1, vec![]).await.as_deref(), Some("[]"));
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("loops"), (4, 2));
    assert_eq!(totals("returns"), (3, 3));
    assert_eq!(totals("own self"), (1, 2));
}
