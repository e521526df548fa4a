//! An output is coerced to the return type as in a function without attributes: trait objects,
//! slices, function pointers, the never type and closures.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn third() -> Option<u32> {
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

type Fault = Box<dyn Error + Send + Sync>;

#[retry]
async fn objects(wide: bool) -> Result<Box<dyn Display + Send>, Fault> {
    if third().is_none() {
        return Err("busy".into());
    }
    if wide { Ok(Box::new("wide")) } else { Ok(Box::new(1)) }
}

#[retry]
#[circuit_breaker]
async fn closures(by: u32) -> Result<Box<dyn Fn(u32) -> u32 + Send>, Fault> {
    third().ok_or_else(|| Fault::from("busy"))?;
    match by {
        0 => return Ok(Box::new(|n| n)),
        1 => Ok(Box::new(|n| n.wrapping_add(1))),
        _ => Ok(Box::new(move |n| n.saturating_add(by))),
    }
}

#[circuit_breaker(order = explicit)]
#[retry]
async fn pointers(double: bool) -> Option<fn(u32) -> u32> {
    fn doubled(n: u32) -> u32 {
        n * 2
    }
    fn halved(n: u32) -> u32 {
        n / 2
    }
    third()?;
    Some(if double { doubled } else { halved })
}

#[retry]
async fn slices<'a>(array: &'a [u32; 3], more: &'a Vec<u32>) -> Option<&'a [u32]> {
    third()?;
    if array[0] > 100 {
        return Some(more);
    }
    Some(array)
}

#[retry]
async fn collections() -> Option<Vec<Arc<dyn Debug + Send + Sync>>> {
    third()?;
    Some(vec![Arc::new(1), Arc::new("two")])
}

#[retry(base_delay = "0s")]
fn plain_objects(text: Option<&str>) -> Result<Rc<dyn Display>, Box<dyn Error>> {
    third().ok_or("busy")?;
    let Some(text) = text else {
        return Ok(Rc::new(0));
    };
    let n: f64 = text.parse()?;
    Ok(Rc::new(n))
}

#[retry(base_delay = "0s")]
#[circuit_breaker]
fn plain_closures<'a>(list: &'a [String]) -> Option<Box<dyn Fn(&str) -> Option<&'a String> + 'a>> {
    third()?;
    if list.is_empty() {
        return Some(Box::new(|_| None));
    }
    Some(Box::new(move |text| list.iter().find(|item| item.starts_with(text))))
}

/// The compiler infers the types in the body from the return type alone.
#[retry]
#[circuit_breaker]
async fn inferred(texts: &[&str]) -> Result<Vec<u64>, Fault> {
    third().ok_or("busy")?;
    let numbers = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    Ok(numbers)
}

#[retry]
async fn defaults() -> Option<(u8, String, Option<Vec<u32>>)> {
    third().map(|n| (n as _, Default::default(), None))
}

#[retry]
async fn never(fails: bool) -> Result<u32, Fault> {
    let Some(n) = third() else {
        return Err(Box::from("busy"));
    };
    if fails { panic!("{n}") } else { Ok(n.try_into()?) }
}

#[retry(base_delay = "0s")]
fn tail_is_a_macro() -> Option<u32> {
    macro_rules! result {
        ($n:expr) => {
            $n.map(|n| n + 1)
        };
    }
    result!(third())
}

#[retry(base_delay = "0s")]
fn ends_in_return(n: u32) -> Option<u32> {
    loop {
        if n > 0 {
            return third();
        }
    }
}

/// The temporaries of the last expression borrow from local variables.
#[retry(base_delay = "0s")]
fn tail_borrows(list: Vec<u32>) -> Option<u32> {
    third()?;
    let cell = std::cell::RefCell::new(list);
    cell.borrow().iter().copied().max()
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(objects(true).await.unwrap().to_string(), "wide");
    assert_eq!(objects(false).await.unwrap().to_string(), "1");
    assert_eq!(closures(0).await.unwrap()(7), 7);
    assert_eq!(closures(1).await.unwrap()(7), 8);
    assert_eq!(closures(5).await.unwrap()(7), 12);
    counted(15);
    assert_eq!(pointers(true).await.unwrap()(3), 6);
    assert_eq!(pointers(false).await.unwrap()(6), 3);
    assert_eq!(slices(&[1, 2, 3], &vec![]).await, Some(&[1, 2, 3][..]));
    assert_eq!(format!("{:?}", collections().await.unwrap()), "[1, \"two\"]");
    counted(12);
    assert_eq!(plain_objects(Some("1.5")).unwrap().to_string(), "1.5");
    assert_eq!(plain_objects(None).unwrap().to_string(), "0");
    let list = ["ab".to_owned()];
    assert_eq!(plain_closures(&list).unwrap()("a"), Some(&list[0]));
    assert_eq!(plain_closures(&[]).unwrap()("a"), None);
    counted(12);
    assert_eq!(inferred(&["1", "2"]).await.unwrap(), [1, 2]);
    assert_eq!(defaults().await, Some((6, String::new(), None)));
    assert_eq!(never(false).await.unwrap(), 9);
    assert_eq!(tail_is_a_macro(), Some(13));
    assert_eq!(ends_in_return(1), Some(15));
    assert_eq!(tail_borrows(vec![1, 3, 2]), Some(3));
    counted(18);
}
