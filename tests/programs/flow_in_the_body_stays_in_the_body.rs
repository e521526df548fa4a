//! In a body, `?`, `return`, loops, labels, closures and nested functions work as they do without
//! the attribute.

use resilient::{circuit_breaker, retry};

#[derive(Debug, PartialEq)]
struct Fault(String);

impl<T: ToString> From<T> for Fault {
    fn from(error: T) -> Self {
        Fault(error.to_string())
    }
}

#[retry(max_retries = 2, base_delay = "0s")]
#[circuit_breaker(failure_threshold = 100)]
async fn parsed(texts: &[&str]) -> Result<u32, Fault> {
    let mut sum = 0;
    'texts: for text in texts {
        for letter in text.chars() {
            if letter == '#' {
                continue 'texts;
            }
            if letter == '!' {
                break 'texts;
            }
        }
        let number = async { text.parse::<u32>() }.await?;
        let add = |more: u32| {
            if more == 0 {
                return sum;
            }
            sum + more
        };
        sum = add(number);
    }
    let doubled = 'block: {
        if sum > 10 {
            break 'block sum;
        }
        sum * 2
    };
    if doubled == 0 {
        return Err("nothing")?;
    }
    Ok(doubled)
}

#[retry(max_retries = 2, base_delay = "0s")]
fn first(numbers: &[Option<u32>]) -> Option<u32> {
    fn inner(number: Option<u32>) -> Option<u32> {
        let number = number?;
        Some(number + 1)
    }
    const ONE: usize = 1;
    #[derive(Clone, Copy)]
    struct Local(u32);
    let mut at = 0;
    while at < numbers.len() {
        if let Some(number) = inner(numbers[at]) {
            return Some(Local(number).0);
        }
        at += ONE;
    }
    let number = loop {
        break numbers.first().copied().flatten();
    };
    let Some(number) = number else { return None };
    Some(number)
}

#[retry(max_retries = 1, base_delay = "0s")]
fn tail_is_a_statement(log: &mut Vec<u32>) -> Option<u32> {
    log.push(1);
    if log.len() > 1 { log.pop() } else { None }
}

#[tokio::test]
async fn runs() {
    assert_eq!(parsed(&["1", "2#", "3", "!", "x"]).await, Ok(8));
    assert_eq!(parsed(&["x"]).await, Err(Fault("invalid digit found in string".into())));
    assert_eq!(parsed(&[]).await, Err(Fault("nothing".into())));
    assert_eq!(first(&[None, Some(3)]), Some(4));
    assert_eq!(first(&[]), None);
    assert_eq!(tail_is_a_statement(&mut Vec::new()), Some(1));
}
