//! Several attributes on one function, in every order.

use std::task::{Context, Waker};
use std::time::Duration;

use resilient::breaker::CircuitState;
use resilient::{Registry, circuit_breaker, fallback, retry, timeout};
use tokio::time::{Instant, advance};

use resilient_testkit::{Calls, Fault, sendable};

fn failures(name: &str) -> u64 {
    Registry::global().get(name).unwrap().snapshot().totals.failure
}

#[tokio::test(start_paused = true)]
async fn c01_retry_above_breaker_passes_every_attempt_through_it() {
    #[retry(max_retries = 2)]
    #[circuit_breaker(name = "retry over breaker")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        match calls.next() {
            3 => Ok(3),
            n => Err(Fault::Down(n)),
        }
    }
    assert_eq!(sendable(call(&Calls::new())).await, Ok(3));
    assert_eq!(failures("retry over breaker"), 2);
}

#[tokio::test(start_paused = true)]
async fn c01_breaker_above_retry_sees_one_loop() {
    #[circuit_breaker(name = "breaker over retry", order = explicit)]
    #[retry(max_retries = 2)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(sendable(call(&calls)).await, Err(Fault::Down(3)));
    assert_eq!(failures("breaker over retry"), 1);
}

#[tokio::test(start_paused = true)]
async fn c01_attributes_by_path_and_with_others_between_expand_together() {
    #[resilient::retry(max_retries = 2)]
    #[allow(clippy::unused_async)]
    #[::resilient::circuit_breaker(name = "by path")]
    /// Documented.
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    assert_eq!(call(&Calls::new()).await, Err(Fault::Down(3)));
    assert_eq!(failures("by path"), 3);
}

#[tokio::test(start_paused = true)]
async fn r09_the_failure_that_opens_the_circuit_ends_the_loop_without_a_sleep() {
    #[retry(max_retries = 6, base_delay = "1s", jitter = none)]
    #[circuit_breaker(name = "stops", failure_threshold = 3)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let (calls, start) = (Calls::new(), Instant::now());
    assert_eq!(call(&calls).await, Err(Fault::Down(3)));
    assert_eq!(start.elapsed(), Duration::from_secs(1 + 2));
    assert!(matches!(call(&calls).await, Err(Fault::Open(_))), "the first attempt is rejected");
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn r09_a_later_rejection_returns_the_real_error() {
    #[retry(max_retries = 6, base_delay = "1s", jitter = none)]
    #[circuit_breaker(name = "opened by another", failure_threshold = 100)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    let mut running = Box::pin(call(&calls));
    let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "it sleeps after the first attempt");
    Registry::global().get("opened by another").unwrap().force_open();
    assert_eq!(running.await, Err(Fault::Down(1)));
}

#[tokio::test(start_paused = true)]
async fn r09_wait_sleeps_until_the_circuit_admits_a_probe() {
    #[retry(max_retries = 3, base_delay = "1s", jitter = none, when_open = wait)]
    #[circuit_breaker(name = "waits", failure_threshold = 1, recovery_time = "10s")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        match calls.next() {
            1 => Err(Fault::Busy),
            n => Ok(n),
        }
    }
    let start = Instant::now();
    assert_eq!(call(&Calls::new()).await, Ok(2));
    assert_eq!(start.elapsed(), Duration::from_secs(10 + 1));
    assert_eq!(Registry::global().get("waits").unwrap().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn r09_wait_also_waits_when_the_first_attempt_is_rejected() {
    #[retry(max_retries = 3, base_delay = "1s", jitter = none, when_open = wait)]
    #[circuit_breaker(name = "waits first", failure_threshold = 1, recovery_time = "10s")]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Ok(calls.next())
    }
    let calls = Calls::new();
    call(&calls).await.unwrap();
    Registry::global().get("waits first").unwrap().trip().unwrap();
    assert_eq!(call(&calls).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn r09_wait_stops_if_the_wait_is_unknown() {
    #[retry(when_open = wait)]
    #[circuit_breaker(name = "waits in vain")]
    async fn call() -> Result<u32, Fault> {
        Ok(1)
    }
    call().await.unwrap();
    Registry::global().get("waits in vain").unwrap().force_open();
    assert!(matches!(call().await, Err(Fault::Open(_))));
}

#[tokio::test(start_paused = true)]
async fn r09_a_call_that_is_only_ever_rejected_returns_the_newest_rejection() {
    #[retry(max_retries = 2, base_delay = "1s", jitter = none, when_open = wait)]
    #[circuit_breaker(name = "newest", recovery_time = "10s")]
    async fn call() -> Result<u32, Fault> {
        Ok(1)
    }
    call().await.unwrap();
    let breaker = Registry::global().get("newest").unwrap();
    breaker.trip().unwrap();
    let mut running = Box::pin(call());
    let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "it waits for the circuit");
    breaker.force_open();
    assert!(
        matches!(running.await, Err(Fault::Open(open)) if open.state() == CircuitState::ForcedOpen)
    );
}

#[tokio::test(start_paused = true)]
async fn r11_a_call_dropped_in_its_sleep_stops_completely() {
    #[retry(base_delay = "1s", jitter = none)]
    #[circuit_breaker(name = "dropped", failure_threshold = 100)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        tokio::task::yield_now().await;
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    for polls in 1..6 {
        let mut running = Box::pin(call(&calls));
        for _ in 0..polls {
            let poll = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending());
            advance(Duration::from_millis(500)).await;
        }
    }
    let made = calls.count();
    advance(Duration::from_secs(60)).await;
    assert_eq!(calls.count(), made, "no attempt continues");
    let snapshot = Registry::global().get("dropped").unwrap().snapshot();
    assert_eq!(snapshot.totals.failure, u64::from(made));
    assert!(snapshot.totals.abandoned > 0);
    assert_eq!(snapshot.totals.success, 0);
}

struct Shop {
    log: Vec<u32>,
}

impl Shop {
    #[retry(max_retries = 2)]
    #[circuit_breaker(name = "shop")]
    async fn order(&mut self, item: String, note: &str) -> Result<String, Fault> {
        self.log.push(u32::try_from(self.log.len()).unwrap());
        tokio::task::yield_now().await;
        if self.log.len() < 3 {
            return Err(Fault::Busy);
        }
        Ok(item + note)
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_on_a_method_with_exclusive_self_and_owned_arguments_works() {
    let mut shop = Shop { log: Vec::new() };
    let order = sendable(shop.order("tea".to_owned(), ", hot")).await;
    assert_eq!(order.as_deref(), Ok("tea, hot"));
    assert_eq!(shop.log, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn row_p03_the_loop_ends_where_the_circuit_opens() {
    #[retry(max_retries = 7)]
    #[circuit_breaker(name = "P03", failure_threshold = 3)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(call(&calls).await, Err(Fault::Down(3)));
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn row_p07_a_call_that_finds_the_circuit_open_fails_at_once() {
    #[retry(max_retries = 7, base_delay = "1s")]
    #[circuit_breaker(name = "P07", failure_threshold = 2)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert!(call(&calls).await.is_err());
    let start = Instant::now();
    assert!(matches!(call(&calls).await, Err(Fault::Open(_))));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn row_p09_a_breaker_above_counts_one_failure_for_the_loop() {
    #[circuit_breaker(name = "P09", failure_threshold = 3, order = explicit)]
    #[retry(max_retries = 2)]
    async fn call(calls: &Calls) -> Result<u32, Fault> {
        Err(Fault::Down(calls.next()))
    }
    let calls = Calls::new();
    assert_eq!(call(&calls).await, Err(Fault::Down(3)));
    let breaker = Registry::global().get("P09").unwrap();
    assert_eq!((breaker.snapshot().totals.failure, breaker.state()), (1, CircuitState::Closed));
}

#[tokio::test(start_paused = true)]
async fn row_p18_an_open_circuit_ends_the_call_after_one_attempt_without_execution() {
    #[retry(max_retries = 2, on_give_up = |end| attempts.push(end.attempts()))]
    #[circuit_breaker(name = "P18")]
    async fn call(calls: &Calls, attempts: &mut Vec<u32>) -> Result<u32, Fault> {
        let _ = &attempts;
        Ok(calls.next())
    }
    let (calls, mut attempts) = (Calls::new(), Vec::new());
    assert_eq!(call(&calls, &mut attempts).await, Ok(1));
    Registry::global().get("P18").unwrap().force_open();
    assert!(matches!(call(&calls, &mut attempts).await, Err(Fault::Open(_))));
    assert_eq!((calls.count(), attempts), (1, vec![1]));
}

/// Defines functions that hang, fail or succeed under the attributes, and checks what each function
/// returns.
macro_rules! stack {
    ($($name:ident: $(#[$attribute:meta])*;)*) => {
        $(
            $(#[$attribute])*
            async fn $name(
                calls: &Calls,
                log: &mut Vec<u32>,
                item: String,
            ) -> Result<String, Fault> {
                let call = calls.next();
                log.push(call);
                tokio::task::yield_now().await;
                match item.as_str() {
                    "hangs" => std::future::pending().await,
                    "fails" => Err(Fault::Down(call)),
                    _ => Ok(item),
                }
            }
        )*

        #[tokio::test(start_paused = true)]
        async fn c01_every_order_of_all_attributes_expands() {
            $({
                let (calls, mut log) = (Calls::new(), Vec::new());
                let output = sendable($name(&calls, &mut log, "works".to_owned())).await;
                assert_eq!(output.as_deref(), Ok("works"), stringify!($name));
                assert_eq!(log, [1]);
                for item in ["fails", "hangs"] {
                    let calls = Calls::new();
                    log.clear();
                    let output = sendable($name(&calls, &mut log, item.to_owned())).await;
                    // The name has the initials of the attributes, the outermost first. A fallback
                    // at any position replaces a failure, but a timeout only if the fallback is
                    // above the timeout.
                    let name = stringify!($name);
                    let is_replaced = output.as_deref() == Ok("instead");
                    let is_late = matches!(output, Err(Fault::TimedOut(_)));
                    let hides = item == "fails" || name.find('f') < name.find('t');
                    let case = format!("{name} {item}");
                    assert_eq!((is_replaced, is_late), (hides, !hides), "{case}: {output:?}");
                    // A retry above the fallback sees no failure. A timeout above a retry limits
                    // all attempts together, so an attempt that hangs is not retried.
                    let retries = name.find('f') < name.find('r')
                        && (item == "fails" || name.find('r') < name.find('t'));
                    let retries = retries || item == "hangs" && name.find('r') < name.find('t')
                        && name.find('t') < name.find('f');
                    assert_eq!(calls.count() > 1, retries, "{case}");
                }
            })*
        }
    };
}

stack! {
    frbt: #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")] #[circuit_breaker(failure_threshold = 50)]
        #[timeout("1s")];
    frtb: #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")] #[timeout("1s")]
        #[circuit_breaker(failure_threshold = 50, order = explicit)];
    fbrt: #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")]
        #[timeout("1s")];
    fbtr: #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50, order = explicit)] #[timeout("1s")]
        #[retry(max_retries = 1, base_delay = "1ms")];
    ftrb: #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")]
        #[retry(max_retries = 1, base_delay = "1ms")] #[circuit_breaker(failure_threshold = 50)];
    ftbr: #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")]
        #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")];
    rfbt: #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50)] #[timeout("1s")];
    rftb: #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")]
        #[circuit_breaker(failure_threshold = 50, order = explicit)];
    rbft: #[retry(max_retries = 1, base_delay = "1ms")] #[circuit_breaker(failure_threshold = 50)]
        #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")];
    rbtf: #[retry(max_retries = 1, base_delay = "1ms")] #[circuit_breaker(failure_threshold = 50)]
        #[timeout("1s")] #[fallback(value = "instead".to_owned(), order = explicit)];
    rtfb: #[retry(max_retries = 1, base_delay = "1ms")] #[timeout("1s")]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50, order = explicit)];
    rtbf: #[retry(max_retries = 1, base_delay = "1ms")] #[timeout("1s")]
        #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[fallback(value = "instead".to_owned(), order = explicit)];
    bfrt: #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")] #[timeout("1s")];
    bftr: #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")]
        #[retry(max_retries = 1, base_delay = "1ms")];
    brft: #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)] #[timeout("1s")];
    brtf: #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")]
        #[timeout("1s")] #[fallback(value = "instead".to_owned(), order = explicit)];
    btfr: #[circuit_breaker(failure_threshold = 50, order = explicit)] #[timeout("1s")]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")];
    btrf: #[circuit_breaker(failure_threshold = 50, order = explicit)] #[timeout("1s")]
        #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)];
    tfrb: #[timeout("1s")] #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")] #[circuit_breaker(failure_threshold = 50)];
    tfbr: #[timeout("1s")] #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")];
    trfb: #[timeout("1s")] #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[circuit_breaker(failure_threshold = 50)];
    trbf: #[timeout("1s")] #[retry(max_retries = 1, base_delay = "1ms")]
        #[circuit_breaker(failure_threshold = 50)]
        #[fallback(value = "instead".to_owned(), order = explicit)];
    tbfr: #[timeout("1s")] #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[fallback(value = "instead".to_owned(), order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")];
    tbrf: #[timeout("1s")] #[circuit_breaker(failure_threshold = 50, order = explicit)]
        #[retry(max_retries = 1, base_delay = "1ms")]
        #[fallback(value = "instead".to_owned(), order = explicit)];
}
