//! A body may come from macro fragments: blocks, statements, expressions and tokens. The macro may
//! receive `self` and arguments.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilient::{CircuitOpen, Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, Clone, PartialEq)]
struct Fault(u32);

impl From<CircuitOpen> for Fault {
    fn from(_: CircuitOpen) -> Self {
        Fault(503)
    }
}

fn third() -> Result<u32, Fault> {
    match CALLS.fetch_add(1, SeqCst) + 1 {
        n if n % 3 == 0 => Ok(n),
        n => Err(Fault(n)),
    }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

macro_rules! of_an_expression {
    ($name:ident($($arg:ident: $ty:ty),*) -> $ok:ty = $body:expr) => {
        #[retry]
        async fn $name($($arg: $ty),*) -> Result<$ok, Fault> {
            $body
        }
    };
}

of_an_expression!(expression(text: String, by: u32) -> (String, u32) = match third() {
    Ok(n) => Ok((text, n + by)),
    Err(fault) => return Err(fault),
});

macro_rules! of_statements {
    ($name:ident($($arg:pat_param => $ty:ty),*) { $($statement:stmt;)* } $tail:expr) => {
        #[circuit_breaker(name = "of statements", order = explicit)]
        #[retry]
        async fn $name($($arg: $ty),*) -> Result<u32, Fault> {
            $($statement;)*
            $tail
        }
    };
}

of_statements!(statements((a, mut b) => (u32, u32), list => &mut Vec<u32>) {
    b += a;
    list.push(b);
    let n = third()?;
    if n > 100 { return Err(Fault(0)) };
} Ok(b + n));

/// The values of the attributes, the lifetime, the visibility and a literal are also fragments.
macro_rules! of_a_block {
    (
        $vis:vis $name:ident<$life:lifetime, $t:ident>($arg:ident: $ty:ty, $n:ident) $body:block,
        $key:ident = $value:expr, $attempt:ident, $text:literal
    ) => {
        #[doc = $text]
        #[retry($key = $value, attempt = $attempt)]
        #[circuit_breaker(name = concat!("of ", $text))]
        $vis async fn $name<$life, $t: Clone + Send + Sync>(
            $arg: $ty,
            $n: &$life AtomicU32,
        ) -> Result<($t, &$life AtomicU32), Fault> $body
    };
}

of_a_block!(pub(crate) block<'a, T>(value: T, calls) {
    calls.store(attempt.number(), SeqCst);
    tokio::task::yield_now().await;
    third().map(|_| (value, calls))
}, max_retries = 1 + 1, attempt, "a block");

struct Client {
    calls: u32,
    names: Vec<String>,
}

macro_rules! method {
    ($name:ident, $self:ident, $body:block) => {
        #[retry]
        async fn $name(&mut $self, text: &str) -> Result<String, Fault> {
            let _ = text;
            $body
        }
    };
    (shared $name:ident, $($receiver:tt)*) => {
        #[retry(base_delay = "0s")]
        fn $name($($receiver)*) -> Result<u32, Fault> {
            third()
        }
    };
    (hygienic $name:ident $($async:ident)?) => {
        #[retry(base_delay = "0s")]
        $($async)? fn $name(&mut self) -> Result<u32, Fault> {
            let this = self;
            this.calls += 1;
            third().map(|_| this.calls)
        }
    };
}

macro_rules! push {
    ($client:expr, $text:expr) => {{
        $client.calls += 1;
        $client.names.push($text.to_string());
        $client.calls
    }};
}

impl Client {
    method!(handed_in, self, {
        self.calls += 1;
        third().map(|n| format!("{n}{}", self.calls))
    });
    method!(shared shared, &self);
    method!(shared by_value, self: Box<Self>);
    method!(hygienic hygienic);
    method!(hygienic hygienic_later async);

    /// The body passes `self` and arguments to macros, one of which is declared in the body.
    #[retry]
    #[circuit_breaker(name = "macros in a method")]
    async fn with_macros(&mut self, text: String, parts: &[u32]) -> Result<u32, Fault> {
        macro_rules! next {
            ($by:expr) => {
                self.calls + $by + parts.len() as u32
            };
        }
        let calls = push!(self, text);
        let more = format!("{text}{}", self.calls);
        push!(&mut *self, more);
        let next = next!(calls);
        assert!(matches!(parts, [_, ..]), "{text} {:?}", self.names);
        tokio::task::yield_now().await;
        third()?;
        Ok(next)
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Client { calls: self.calls, names: vec![] }
    }
}

/// Makes one function for each item of a list.
macro_rules! many {
    ($($name:ident => $code:expr, $breaker:expr);* $(;)?) => {
        $(
            #[::resilient::retry(max_attempts = 3, retry_if = |fault: &Fault| fault.0 < 10)]
            #[::resilient::circuit_breaker(name = $breaker)]
            async fn $name() -> ::core::result::Result<u32, Fault> {
                third().map(|n| n + $code)
            }
        )*
    };
}

many! { one => 1, "many one"; two => 2, "many two" }

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    assert_eq!(sendable(expression("x".to_owned(), 1)).await, Ok(("x".to_owned(), 4)));
    counted(3);
    let mut list = vec![];
    assert_eq!(sendable(statements((1, 2), &mut list)).await, Ok(6));
    assert_eq!(list, [3, 3, 3]);
    counted(3);
    let calls = AtomicU32::new(0);
    assert_eq!(sendable(block('v', &calls)).await.unwrap().0, 'v');
    assert_eq!(calls.load(SeqCst), 3);
    counted(3);
    let mut client = Client { calls: 0, names: vec![] };
    assert_eq!(sendable(client.handed_in("")).await.as_deref(), Ok("33"));
    assert_eq!(client.shared(), Ok(6));
    assert_eq!(Box::new(client.clone()).by_value(), Ok(9));
    assert_eq!(client.hygienic(), Ok(6));
    assert_eq!(sendable(client.hygienic_later()).await, Ok(9));
    counted(15);
    client.calls = 0;
    assert_eq!(sendable(client.with_macros("m".to_owned(), &[1])).await, Ok(6 + 5 + 1));
    assert_eq!(client.names, ["m", "m1", "m", "m3", "m", "m5"]);
    counted(3);
    assert_eq!((sendable(one()).await, sendable(two()).await), (Ok(4), Ok(8)));
    let totals = |name| {
        let totals = Registry::global().get(name).unwrap().snapshot().totals;
        (totals.success, totals.failure)
    };
    assert_eq!(totals("of statements"), (1, 0));
    for name in ["of a block", "macros in a method", "many one", "many two"] {
        assert_eq!(totals(name), (1, 2), "{name}");
    }
}
