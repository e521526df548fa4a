//! The table of cases. A case has a scenario, a library, and code that makes calls.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Which kind of call a case makes, and in which state the breaker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    Plain,
    Async,
    Awaits,
    Window,
    WindowFailures,
    Failure,
    WindowFailure,
    TimeWindow,
    TimeWindowBusy,
    Slow,
    Rejected,
    KeyString,
    KeyHot,
    KeyNumber,
    RetryPlain,
    RetryAsync,
    RetryZero,
    Delay,
}

impl Scenario {
    pub const ALL: [Self; 18] = [
        Self::Plain,
        Self::Async,
        Self::Awaits,
        Self::Window,
        Self::WindowFailures,
        Self::Failure,
        Self::WindowFailure,
        Self::TimeWindow,
        Self::TimeWindowBusy,
        Self::Slow,
        Self::Rejected,
        Self::KeyString,
        Self::KeyHot,
        Self::KeyNumber,
        Self::RetryPlain,
        Self::RetryAsync,
        Self::RetryZero,
        Self::Delay,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Async => "async",
            Self::Awaits => "awaits",
            Self::Window => "window",
            Self::WindowFailures => "window-failures",
            Self::Failure => "failure",
            Self::WindowFailure => "window-failure",
            Self::TimeWindow => "time-window",
            Self::TimeWindowBusy => "time-window-busy",
            Self::Slow => "slow",
            Self::Rejected => "rejected",
            Self::KeyString => "key-string",
            Self::KeyHot => "key-hot",
            Self::KeyNumber => "key-number",
            Self::RetryPlain => "retry-plain",
            Self::RetryAsync => "retry-async",
            Self::RetryZero => "retry-zero",
            Self::Delay => "delay",
        }
    }

    pub fn says(self) -> &'static str {
        match self {
            Self::Plain => "breaker closed, consecutive failures, a plain function that succeeds",
            Self::Async => "breaker closed, consecutive failures, an async function that succeeds",
            Self::Awaits => {
                "breaker closed, consecutive failures, an async function that awaits another one"
            }
            Self::Window => "window of the last 100 calls, all of them successes",
            Self::WindowFailures => "window of the last 100 calls, one call in 64 fails",
            Self::Failure => "consecutive failures, every call fails, far from the threshold",
            Self::WindowFailure => {
                "window of the last 100 calls, 31 calls in 32 fail, threshold 0.99"
            }
            Self::TimeWindow => "time window of 60 s, successes",
            Self::TimeWindowBusy => "time window of 60 s that holds 10 000 calls, successes",
            Self::Slow => "calls are timed: slow calls count",
            Self::Rejected => "circuit open, the call is rejected",
            Self::KeyString => "a breaker for each of 10 000 strings, all in turn, scattered",
            Self::KeyHot => "a breaker for each of 10 000 strings, 64 of them in turn",
            Self::KeyNumber => "a breaker for each of 10 000 numbers, all in turn, scattered",
            Self::RetryPlain => "retry, plain function, the first attempt succeeds",
            Self::RetryAsync => "retry, async function, the first attempt succeeds",
            Self::RetryZero => {
                "retry, async function, three failures at zero delay, then a success"
            }
            Self::Delay => "one jittered delay",
        }
    }
}

/// The library name of the calls without a library. Their counts and times are subtracted from
/// those of the other cases.
pub const BARE: &str = "bare";
/// The name of our library.
pub const OURS: &str = "resilient";

/// A loop that makes calls. The compiler can inline the call into the loop. `fork` returns a second
/// loop, which makes the same calls on the same breaker in another thread.
pub trait Calls: Send {
    /// Makes `n` calls.
    fn empty(&mut self, n: u64);
    /// Makes `n` calls. After each call, makes eight stores that depend on the result of the call.
    fn stores(&mut self, n: u64);
    fn fork(&self) -> Box<dyn Calls>;
}

/// Eight numbers on one cache line.
#[repr(align(64))]
struct Stores([AtomicU64; 8]);

static STORES: Stores = Stores([const { AtomicU64::new(0) }; 8]);

struct Each<F> {
    call: F,
    next: u64,
}

impl<F: FnMut(u64) -> bool + Clone + Send + 'static> Calls for Each<F> {
    #[inline(never)]
    fn empty(&mut self, n: u64) {
        let end = self.next + n;
        for x in self.next..end {
            black_box((self.call)(black_box(x)));
        }
        self.next = end;
    }

    #[inline(never)]
    fn stores(&mut self, n: u64) {
        let end = self.next + n;
        // No code reads the stores, so without `black_box` the compiler would remove them.
        let stores = &black_box(&STORES).0;
        for x in self.next..end {
            let done = black_box((self.call)(black_box(x)));
            for (place, store) in stores.iter().enumerate() {
                store.store(x + u64::from(done) * place as u64, Relaxed);
            }
        }
        self.next = end;
    }

    fn fork(&self) -> Box<dyn Calls> {
        Box::new(Each { call: self.call.clone(), next: self.next })
    }
}

pub struct Case {
    pub scenario: Scenario,
    pub library: &'static str,
    /// How the case differs from the other cases of the scenario.
    pub note: &'static str,
    /// The largest number of calls in one batch or profile. There is a limit if a call is slow or
    /// leaves state behind.
    pub most: u64,
    make: Box<dyn Fn() -> Box<dyn Calls>>,
}

impl Case {
    /// Sets up the call and makes calls to warm up.
    pub fn calls(&self) -> Box<dyn Calls> {
        let mut calls = (self.make)();
        calls.empty(self.most.min(256));
        calls
    }

    pub fn name(&self) -> String {
        format!("{}/{}", self.scenario.name(), self.library)
    }
}

/// A scenario that a library does not support. The tables show it as a gap.
pub struct Lack {
    pub scenario: Scenario,
    pub library: &'static str,
    pub why: &'static str,
}

#[derive(Default)]
pub struct Table {
    pub cases: Vec<Case>,
    pub lacks: Vec<Lack>,
}

impl Table {
    /// Adds a case. `make` sets up the case and returns the call. The call returns whether it has
    /// succeeded.
    pub fn add<F: FnMut(u64) -> bool + Clone + Send + 'static>(
        &mut self,
        scenario: Scenario,
        library: &'static str,
        make: impl Fn() -> F + 'static,
    ) -> &mut Case {
        self.cases.push(Case {
            scenario,
            library,
            note: "",
            most: u64::MAX,
            make: Box::new(move || Box::new(Each { call: make(), next: 0 })),
        });
        self.cases.last_mut().expect("a case was just added")
    }

    #[cfg(feature = "peers")]
    pub fn lacks(&mut self, scenario: Scenario, library: &'static str, why: &'static str) {
        self.lacks.push(Lack { scenario, library, why });
    }

    pub fn find(&self, scenario: Scenario, library: &str) -> Option<&Case> {
        self.of(scenario).find(|case| case.library == library)
    }

    pub fn of(&self, scenario: Scenario) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.scenario == scenario)
    }
}
