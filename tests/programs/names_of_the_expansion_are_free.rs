//! Arguments, variables, items and generics may have the names that the expansion uses.

use resilient::{circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault;

impl From<resilient::CircuitOpen> for Fault {
    fn from(_: resilient::CircuitOpen) -> Self {
        Fault
    }
}

#[allow(non_snake_case, clippy::too_many_arguments)]
#[retry(
    max_retries = policy,
    base_delay = "0s",
    retry_if = |error| class == 4 && *error == Fault,
    attempt = output
)]
#[circuit_breaker(
    failure_if = |error| *error == Fault && permit > 0,
    on_open = |open| Err({ drop(open); Fault })
)]
fn arguments(
    policy: u32,
    retry: u32,
    last: Vec<u32>,
    class: u32,
    delay: u32,
    open: u32,
    permit: u32,
    error: u32,
    chosen: u32,
    next: u32,
    known: u32,
    breaker: u32,
    reason: u32,
    __self: u32,
) -> Result<u32, Fault> {
    let sum = policy
        + retry
        + class
        + delay
        + open
        + permit
        + error
        + chosen
        + next
        + known
        + breaker
        + reason
        + __self;
    if output.number() < 3 {
        return Err(Fault);
    }
    Ok(sum + last[0])
}

struct Client {
    __self: u32,
}

impl Client {
    #[retry(base_delay = "0s")]
    fn method(&mut self, __self: u32) -> Option<u32> {
        let this = self;
        this.__self += __self;
        (this.__self > 5).then_some(this.__self)
    }
}

#[retry]
fn generics<O, E: Clone, T: Into<O>>(value: T, _: E) -> Option<O>
where
    T: Clone,
{
    Some(value.into())
}

#[retry]
#[circuit_breaker]
fn r#match(r#type: String) -> Option<String> {
    Some(r#type)
}

/// Labels may also have names that the expansion uses.
#[deny(warnings)]
#[retry]
#[circuit_breaker]
async fn labels(numbers: Vec<u32>) -> Option<u32> {
    '_body: {
        'attempts: for number in &numbers {
            'attempt: loop {
                'breaker: {
                    match number {
                        0 => continue 'attempts,
                        1 => break 'attempt,
                        2 => break '_body,
                        _ => break 'breaker,
                    }
                }
                return Some(*number);
            }
        }
    }
    None
}

#[test]
fn runs() {
    let sum = arguments(2, 1, vec![1], 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    assert_eq!(sum, Ok(2 + 1 + 4 + 10 + 1));
    assert_eq!(Client { __self: 0 }.method(2), Some(6));
    assert_eq!(generics::<u64, u8, u32>(3, 0), Some(3));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert_eq!(runtime.block_on(labels(vec![0, 1, 3])), Some(3));
    assert_eq!(r#match("a".to_owned()).as_deref(), Some("a"));
}
