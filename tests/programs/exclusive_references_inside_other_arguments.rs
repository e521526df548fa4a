//! A `&mut` inside a tuple, an option or a struct cannot be cloned, so `borrow(…)` lends the
//! argument to every attempt.

use std::fmt::Write;

use resilient::{Registry, circuit_breaker, retry};

struct Context<'c> {
    log: &'c mut String,
    calls: &'c mut u32,
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[retry(borrow(log, calls))]
async fn in_a_tuple((log, calls): (&mut String, &mut u32), text: String) -> Option<u32> {
    *calls += 1;
    tokio::task::yield_now().await;
    log.push_str(&text);
    (*calls == 3).then_some(*calls)
}

#[retry(borrow(log))]
#[circuit_breaker(name = "in an option")]
async fn in_an_option(mut log: Option<&mut String>, calls: &mut u32) -> Option<u32> {
    *calls += 1;
    if let Some(log) = log.as_deref_mut() {
        write!(log, "{calls}").ok()?;
    }
    tokio::task::yield_now().await;
    (*calls == 3).then_some(*calls)
}

#[circuit_breaker(name = "in a struct", order = explicit)]
#[retry(base_delay = "0s", borrow(context))]
fn in_a_struct(context: Context<'_>) -> Option<u32> {
    *context.calls += 1;
    context.log.push('.');
    (*context.calls == 3).then_some(*context.calls)
}

/// Without a retry, the body takes the argument itself.
#[circuit_breaker(name = "once, inside")]
async fn once(context: Context<'_>, log: Option<&mut String>) -> Option<u32> {
    let Context { log: own, calls } = context;
    own.push_str(log?);
    Some(*calls)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let (mut log, mut calls) = (String::new(), 0);
    let output = in_a_tuple((&mut log, &mut calls), "x".to_owned());
    assert_eq!(sendable(output).await, Some(3));
    calls = 0;
    assert_eq!(sendable(in_an_option(Some(&mut log), &mut calls)).await, Some(3));
    calls = 0;
    assert_eq!(in_a_struct(Context { log: &mut log, calls: &mut calls }), Some(3));
    assert_eq!(log, "xxx123...");
    let context = Context { log: &mut log, calls: &mut calls };
    assert_eq!(sendable(once(context, Some(&mut "!".to_owned()))).await, Some(3));
    assert!(log.ends_with('!'));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("in an option").failure, totals("in a struct").success), (2, 1));
    assert_eq!(totals("once, inside").success, 1);
}
