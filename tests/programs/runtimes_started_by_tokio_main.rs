//! `#[tokio::main]` and `#[tokio::test]` work above and below our attributes, also on `main`
//! itself.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct Fault(#[allow(dead_code)] u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

async fn third() -> Result<u32, Fault> {
    third_of(&CALLS).await
}

async fn third_of(calls: &AtomicU32) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    match calls.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n)),
    }
}

/// Each attempt starts a runtime.
#[tokio::main(flavor = "current_thread")]
#[retry(base_delay = "0s")]
#[circuit_breaker(name = "above, runtime")]
async fn above(by: u32) -> Result<u32, Fault> {
    Ok(third().await? + by)
}

/// All attempts share one runtime.
#[retry]
#[circuit_breaker(name = "below, runtime")]
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn below(text: String, log: &mut Vec<String>) -> Result<u32, Fault> {
    log.push(text);
    third().await
}

#[circuit_breaker(name = "between, runtime", order = explicit)]
#[tokio::main(flavor = "current_thread", start_paused = true)]
#[retry(base_delay = "0s")]
async fn between() -> Result<u32, Fault> {
    third().await
}

/// A test may have a retry, because it returns `()` or a `Result` like any function.
mod tests {
    use super::*;

    #[tokio::test]
    #[retry]
    async fn retried() -> Result<(), Fault> {
        static OWN: AtomicU32 = AtomicU32::new(0);
        third_of(&OWN).await.map(drop)
    }

    #[retry]
    #[circuit_breaker]
    #[tokio::test(start_paused = true)]
    async fn stacked() -> Result<(), Fault> {
        static OWN: AtomicU32 = AtomicU32::new(0);
        third_of(&OWN).await.map(drop)
    }

    #[retry(retry_when = |()| false)]
    #[test]
    fn plain() {}
}

#[circuit_breaker(name = "main", order = explicit)]
#[retry]
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Fault> {
    if CALLS.load(SeqCst) == 0 {
        std::thread::spawn(|| {
            assert_eq!(above(1).unwrap(), 4);
            let mut log = vec![];
            assert_eq!(below("x".to_owned(), &mut log).unwrap(), 6);
            assert_eq!(log, ["x", "x", "x"]);
            assert_eq!(between().unwrap(), 9);
        })
        .join()
        .unwrap();
        let totals = |name| {
            let totals = Registry::global().get(name).unwrap().snapshot().totals;
            (totals.success, totals.failure)
        };
        assert_eq!(totals("above, runtime"), (1, 2));
        assert_eq!(totals("below, runtime"), (1, 2));
        assert_eq!(totals("between, runtime"), (1, 0));
    }
    third().await?;
    assert_eq!(CALLS.load(SeqCst), 12);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
