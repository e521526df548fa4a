//! The body follows the rules of its crate's edition, not those of the attributes' edition.

use std::sync::Mutex;

use resilient::{circuit_breaker, fallback, retry, timeout};

static LOCK: Mutex<u32> = Mutex::new(7);

/// On drop, records whether the lock is held. In edition 2021, a temporary in the last expression
/// of a body lives longer than the body's variables.
struct Check<'a>(&'a mut bool);

impl Drop for Check<'_> {
    fn drop(&mut self) {
        *self.0 = LOCK.try_lock().is_err();
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the other functions are compared with it")]
fn bare(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

#[retry]
fn retried(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

#[circuit_breaker]
fn broken(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

#[retry]
#[circuit_breaker]
async fn both(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

// Without a separate block.
#[circuit_breaker]
async fn waits(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    tokio::task::yield_now().await;
    Some(*LOCK.lock().unwrap())
}

#[timeout("1s")]
async fn limited(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

#[fallback(with = |()| Some(u32::from(*held)))]
#[retry(max_retries = 0)]
#[timeout("1s")]
async fn all(held: &mut bool) -> Option<u32> {
    let _check = Check(held);
    Some(*LOCK.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn temporaries_of_the_last_expression_live_as_long_as_without_the_attribute() {
    let (mut without, mut with) = (false, [false; 6]);
    assert_eq!(bare(&mut without), Some(7));
    let [retry, breaker, stack, timeout, every, inline] = &mut with;
    assert_eq!(retried(retry), Some(7));
    assert_eq!(broken(breaker), Some(7));
    assert_eq!(both(stack).await, Some(7));
    assert_eq!(limited(timeout).await, Some(7));
    assert_eq!(all(every).await, Some(7));
    assert_eq!(waits(inline).await, Some(7));
    assert!(without, "the rule of edition 2021");
    assert_eq!(with, [without; 6]);
}

struct Client(u32);

impl Client {
    #[retry(max_retries = 2)]
    #[circuit_breaker(name = "2021")]
    async fn get<T: Clone>(
        &mut self,
        value: T,
        text: &str,
    ) -> Result<(T, usize), resilient::CircuitOpen> {
        self.0 += 1;
        tokio::task::yield_now().await;
        Ok((value, text.len()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_on_a_method_works() {
    let mut client = Client(0);
    assert_eq!(client.get('x', "abc").await, Ok(('x', 3)));
    assert_eq!(client.0, 1);
}
