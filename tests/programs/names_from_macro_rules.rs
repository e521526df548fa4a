//! A function may mix names from the call of a `macro_rules!` macro with names from its definition.
//! The expansion keeps the hygiene of both.

use resilient::{circuit_breaker, fallback, retry, timeout};

/// Counts how often it was dropped.
struct Guard<'a>(&'a std::cell::Cell<u32>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

macro_rules! unused_guard {
    ($name:ident, $guard:ident) => {
        #[circuit_breaker]
        async fn $name($guard: Guard<'_>) -> Option<u32> {
            None?;
            Some(1)
        }
    };
}
unused_guard!(with_guard, _guard);

macro_rules! unused_guard_of_a_plain_function {
    ($name:ident, $guard:ident) => {
        #[circuit_breaker]
        fn $name($guard: Guard<'_>, _guard: Guard<'_>) -> Option<u32> {
            Some(1)
        }
    };
}
unused_guard_of_a_plain_function!(with_guards, _guard);

macro_rules! listed {
    ($name:ident, ($($args:tt)*), $body:block) => {
        #[retry(base_delay = "0s", borrow(text), clone(count))]
        async fn $name($($args)*) -> Option<usize> $body
    };
}
listed!(listed_names, (text: NotClone, count: u32), {
    let all = &text;
    (count > 3).then(|| all.0.len())
});

struct NotClone(String);

macro_rules! same_name_twice {
    ($name:ident, $text:ident) => {
        #[retry(base_delay = "0s")]
        fn $name($text: String, text: String) -> Option<(String, String)> {
            Some(($text, text))
        }
    };
}
same_name_twice!(arguments, text);

macro_rules! same_name_in_one_pattern {
    ($name:ident, $text:ident) => {
        #[retry(base_delay = "0s", retry_when = |output| output.is_err())]
        async fn $name(
            ($text, mut text): (String, String),
            (Ok(number) | Err(number)): Result<u8, u8>,
        ) -> Result<(String, String), u8> {
            text.push('!');
            if number > 3 { Err(number) } else { Ok(($text, text)) }
        }
    };
}
same_name_in_one_pattern!(parts, text);

struct Client(u32);

macro_rules! method {
    (
        $name:ident<$lifetime:lifetime, $t:ident>($this:ident, $arg:ident), $key:expr, $body:block
    ) => {
        impl Client {
            #[fallback(value = 7)]
            #[retry(base_delay = "0s", max_retries = $key)]
            #[circuit_breaker(key = $key)]
            #[timeout("1s")]
            async fn $name<$lifetime, $t: Clone + Send + Sync>(
                &mut $this,
                $arg: u32,
                _: &$lifetime $t,
                _unused: String,
            ) -> Option<u32> $body
        }
    };
}
method!(method<'a, T>(self, count), count, {
    let this = self;
    this.0 += 1;
    (this.0 == count).then_some(count)
});

macro_rules! attempt {
    ($name:ident, $attempt:ident, $body:expr) => {
        #[retry(base_delay = "0s", attempt = $attempt)]
        fn $name() -> Option<u32> {
            let attempt = 0;
            $body.filter(|number| *number > attempt + 2)
        }
    };
}
attempt!(attempts, attempt, Some(attempt.number()));

/// A pattern may be a macro call, although the attributes cannot see its variables.
macro_rules! pair {
    ($left:pat, $right:pat) => {
        ($left, $right)
    };
}

#[retry(base_delay = "0s", max_retries = 1)]
async fn patterns(
    pair!(left, mut right): (String, String),
    pair!(list, _): (Vec<u32>, u8),
    count: &mut u32,
    &pair!(a, b): &(u8, u8),
) -> Option<String> {
    right.push_str(&left);
    drop(list);
    *count += 1;
    (*count > 1 && a < b).then_some(right)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let drops = std::cell::Cell::new(0);
    assert_eq!(with_guard(Guard(&drops)).await, None);
    assert_eq!(with_guards(Guard(&drops), Guard(&drops)), Some(1));
    assert_eq!(drops.get(), 3);
    assert_eq!(listed_names(NotClone("abc".to_owned()), 4).await, Some(3));
    let text = |text: &str| text.to_owned();
    assert_eq!(arguments(text("a"), text("b")), Some((text("a"), text("b"))));
    let texts = (text("a"), text("b"));
    assert_eq!(parts(texts.clone(), Err(1)).await, Ok((text("a"), text("b!"))));
    assert_eq!(parts(texts.clone(), Ok(5)).await, Err(5));
    assert_eq!(Client(0).method(3, &'a', String::new()).await, Some(3));
    assert_eq!(attempts(), Some(3));
    let mut count = 0;
    let output = patterns(texts, (vec![1], 0), &mut count, &(1, 2)).await;
    assert_eq!((output, count), (Some(text("ba")), 2));
}
