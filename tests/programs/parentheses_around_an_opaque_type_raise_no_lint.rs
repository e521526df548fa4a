//! The type `&(impl A + B)` needs its parentheses, and no lint suggests removing them.
#![deny(unused_parens)]

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[retry(base_delay = "0s")]
fn plain<'a>(list: &'a [u32]) -> Option<&'a (impl Display + Debug + use<'a>)> {
    (CALLS.fetch_add(1, SeqCst) == 2).then(|| &list[0])
}

#[circuit_breaker]
async fn later<'a>(list: &'a [u32]) -> Option<&'a (impl Display + Debug + use<'a>)> {
    list.first()
}

#[tokio::test]
async fn runs() {
    assert_eq!(plain(&[7]).unwrap().to_string(), "7");
    assert_eq!(CALLS.load(SeqCst), 3);
    assert_eq!(format!("{:?}", later(&[8]).await.unwrap()), "8");
}
