//! Retry and breaker work with `unsafe`, `extern "C"`, visibilities, doc comments and the
//! compiler's attributes.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn third() -> Option<u32> {
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// # Safety
///
/// `number` can be read.
#[retry(base_delay = "0s")]
#[circuit_breaker(name = "unsafe")]
unsafe fn plain_unsafe(number: *const u32) -> Option<u32> {
    let n = unsafe { *number };
    third().map(|m| m + n)
}

#[circuit_breaker(name = "unsafe, async", order = explicit)]
#[retry]
async unsafe fn async_unsafe(number: &u32) -> Option<u32> {
    tokio::task::yield_now().await;
    let n = unsafe { *std::ptr::from_ref(number) };
    third().map(|m| m + n)
}

#[retry(base_delay = "0s", retry_when = |code| *code < 0)]
#[circuit_breaker(name = "extern", failure_when = |code: &i32| *code < 0, on_open = |_| -2)]
extern "C" fn for_c(_text: *const u8, _length: usize) -> i32 {
    third().map_or(-1, |n| n as i32)
}

#[circuit_breaker(
    name = "extern, unsafe",
    failure_when = |out| out.is_null(),
    on_open = |_| std::ptr::null(), order = explicit
)]
#[retry(base_delay = "0s", retry_when = |out| out.is_null())]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resilient_ui_exported(number: *const u32) -> *const u32 {
    if third().is_some() { number } else { std::ptr::null() }
}

#[retry(base_delay = "0s")]
extern "system" fn for_the_system() -> Option<std::num::NonZeroU32> {
    std::num::NonZeroU32::new(third()?)
}

pub mod outer {
    pub mod inner {
        use super::super::*;

        #[retry(base_delay = "0s")]
        pub(in crate::functions_with_every_qualifier::outer) fn in_a_path() -> Option<u32> {
            third()
        }

        #[retry]
        #[circuit_breaker(name = "super")]
        pub(super) async fn for_super() -> Option<u32> {
            third()
        }

        #[retry(base_delay = "0s")]
        pub(self) fn for_self() -> Option<u32> {
            third()
        }

        #[circuit_breaker]
        pub(crate) fn for_the_crate() -> Option<u32> {
            for_self()
        }
    }

    pub async fn all() -> Option<u32> {
        Some(inner::in_a_path()? + inner::for_super().await? + inner::for_the_crate()?)
    }
}

/** Documented so. */
#[doc = concat!("And ", "so.")]
#[inline(always)]
#[retry(base_delay = "0s")]
/// This line stands between the attributes.
#[must_use = "because"]
#[circuit_breaker(name = "attributes")]
/// This line stands below the attributes.
#[deprecated(since = "1", note = "because")]
#[allow(clippy::missing_safety_doc, non_snake_case)]
#[cold]
fn Attributes() -> Option<u32> {
    third()
}

struct Client;

#[allow(clippy::unused_async)]
impl Client {
    /// Documented.
    #[must_use]
    #[retry]
    #[track_caller]
    pub fn new() -> Option<Self> {
        Some(Self)
    }

    #[inline]
    #[circuit_breaker(name = "must use", order = explicit)]
    #[must_use]
    #[retry]
    pub async fn must_use(&self) -> Option<u32> {
        third()
    }

    #[retry(base_delay = "0s")]
    /// # Safety
    unsafe fn unsafe_method(&mut self) -> Option<u32> {
        third()
    }
}

trait Foreign {
    #[retry(base_delay = "0s")]
    unsafe fn by_default(&self) -> Option<u32> {
        third()
    }
    extern "C" fn call(&self) -> i32;
}

impl Foreign for Client {
    #[retry(base_delay = "0s", retry_when = |n| *n < 0)]
    extern "C" fn call(&self) -> i32 {
        third().map_or(-1, |n| n as i32)
    }
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(unsafe { plain_unsafe(&1) }, Some(4));
    counted(3);
    assert_eq!(sendable(unsafe { async_unsafe(&1) }).await, Some(4));
    counted(3);
    let pointer: extern "C" fn(*const u8, usize) -> i32 = for_c;
    assert_eq!(pointer(std::ptr::null(), 0), 3);
    counted(3);
    let number = 7;
    let exported: unsafe extern "C" fn(*const u32) -> *const u32 = resilient_ui_exported;
    assert_eq!(unsafe { *exported(&number) }, 7);
    counted(3);
    assert_eq!(for_the_system().map(u32::from), Some(3));
    counted(3);
    assert_eq!(sendable(outer::all()).await, Some(3 + 6 + 9));
    counted(9);
    #[expect(deprecated)]
    let output = Attributes();
    assert_eq!(output, Some(3));
    counted(3);
    let mut client = Client::new().unwrap();
    assert_eq!(sendable(client.must_use()).await, Some(3));
    assert_eq!(unsafe { client.unsafe_method() }, Some(6));
    assert_eq!(unsafe { client.by_default() }, Some(9));
    assert_eq!(client.call(), 12);
    counted(12);
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    for name in ["unsafe", "extern", "super", "attributes"] {
        assert_eq!(totals(name), (1, 2), "{name}");
    }
    for name in ["unsafe, async", "extern, unsafe", "must use"] {
        assert_eq!(totals(name), (1, 0), "{name}");
    }
}
