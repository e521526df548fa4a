//! `#[cfg]` and `#[cfg_attr]` work on functions, on arguments and on our attributes, with retry and
//! breaker in both orders.
#![allow(clippy::non_minimal_cfg)]

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn fails() -> Option<u32> {
    CALLS.fetch_add(1, SeqCst);
    None
}

#[cfg(any())]
#[retry(nonsense)]
async fn alternative() -> Missing {}

#[cfg(not(any()))]
#[retry(max_retries = 1)]
async fn alternative() -> Option<u32> {
    fails()
}

#[retry(max_retries = 1)]
#[cfg(not(any()))]
#[circuit_breaker(name = "cfg between")]
async fn between() -> Option<u32> {
    fails()
}

#[cfg_attr(all(), retry(max_retries = 1), circuit_breaker(name = "both in one"))]
async fn both_in_one() -> Option<u32> {
    fails()
}

#[cfg_attr(all(), retry(max_retries = 1))]
#[cfg_attr(any(), circuit_breaker(nonsense))]
async fn upper_alone() -> Option<u32> {
    fails()
}

#[cfg_attr(any(), retry(nonsense))]
#[cfg_attr(all(), circuit_breaker(name = "lower alone"))]
async fn lower_alone() -> Option<u32> {
    fails()
}

#[circuit_breaker(name = "breaker above", order = explicit)]
#[cfg_attr(all(), inline, retry(max_retries = 1), doc = "Text.")]
async fn below_among_others() -> Option<u32> {
    fails()
}

#[circuit_breaker(name = "breaker alone")]
#[cfg_attr(any(), inline, retry(max_retries = 1), no_such_attribute)]
async fn nothing_below() -> Option<u32> {
    fails()
}

#[retry(max_retries = 1)]
#[cfg_attr(any(), circuit_breaker(nonsense))]
#[cfg_attr(not(any()), circuit_breaker(name = "one of two"))]
async fn one_of_two() -> Option<u32> {
    fails()
}

#[cfg_attr(any(), retry(nonsense))]
#[cfg_attr(not(any()), retry(max_retries = 1))]
#[circuit_breaker(name = "upper, one of two")]
async fn upper_one_of_two() -> Option<u32> {
    fails()
}

/// The arguments are patterns, exclusive references and moved values.
#[retry(max_retries = 1)]
async fn arguments(
    #[cfg(any())] (a, mut b): (Missing, u32),
    #[cfg(not(any()))] (a, mut b): (String, u32),
    #[cfg(any())] missing: &mut Missing,
    #[cfg_attr(all(), allow(unused_mut))] mut list: Vec<u32>,
    #[cfg(all())] log: &mut Vec<String>,
) -> Option<u32> {
    b += 1;
    list.push(b);
    log.push(a);
    #[cfg(any())]
    missing.method();
    fails()
}

struct Client;

#[cfg_attr(all(), allow(clippy::unused_self))]
impl Client {
    #[cfg_attr(all(), retry(max_retries = 1))]
    #[cfg_attr(all(), circuit_breaker(name = "method, condition"))]
    async fn method(&self, #[cfg(any())] missing: Missing) -> Option<u32> {
        fails()
    }

    #[circuit_breaker(name = "cfg on self")]
    fn receiver(#[cfg(all())] &mut self, #[cfg(all())] text: String) -> Option<u32> {
        let _ = text;
        fails()
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    let failures = |name| Registry::global().get(name).unwrap().snapshot().totals.failure;
    alternative().await;
    counted(2);
    between().await;
    both_in_one().await;
    upper_alone().await;
    counted(6);
    lower_alone().await;
    counted(1);
    below_among_others().await;
    counted(2);
    nothing_below().await;
    counted(1);
    one_of_two().await;
    upper_one_of_two().await;
    counted(4);
    let mut log = vec![];
    arguments(("a".to_owned(), 1), vec![], &mut log).await;
    assert_eq!(log, ["a", "a"]);
    counted(2);
    Client.method().await;
    counted(2);
    Client.receiver(String::new());
    for (name, expected) in [
        ("cfg between", 2),
        ("both in one", 2),
        ("lower alone", 1),
        ("breaker above", 1),
        ("breaker alone", 1),
        ("one of two", 2),
        ("upper, one of two", 2),
        ("method, condition", 2),
        ("cfg on self", 1),
    ] {
        assert_eq!(failures(name), expected, "{name}");
    }
}
