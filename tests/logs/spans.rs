//! The spans of calls under retries and breakers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilient::retries::Jitter;
use resilient::{BreakerConfig, CircuitBreaker, RetryPolicy, circuit_breaker, retry};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{Fault, runtime};

/// The spans that a subscriber has seen, in the order in which they began.
#[derive(Clone)]
struct Spans {
    most: LevelFilter,
    seen: Arc<Mutex<Vec<Span>>>,
}

#[derive(Debug, Clone, Default)]
struct Span {
    target: String,
    name: String,
    fields: BTreeMap<String, String>,
    parent: Option<usize>,
    handles: usize,
    /// The messages that were logged in the span.
    lines: Vec<String>,
}

thread_local! {
    /// The spans that this thread has entered.
    static ENTERED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

fn current() -> Option<usize> {
    ENTERED.with_borrow(|entered| entered.last().copied())
}

fn index(id: &Id) -> usize {
    usize::try_from(id.into_u64()).unwrap() - 1
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").replace('"', ""));
    }
}

impl Spans {
    fn up_to(most: LevelFilter) -> Self {
        Self { most, seen: Arc::default() }
    }

    /// Returns the spans that `code` makes, as one line each: its ancestors, its name and fields.
    fn of(code: impl FnOnce()) -> Vec<String> {
        let spans = Self::up_to(LevelFilter::TRACE);
        tracing::subscriber::with_default(spans.clone(), code);
        assert_eq!(current(), None, "every span was left");
        let seen = spans.seen.lock().unwrap();
        assert!(seen.iter().all(|span| span.handles == 0), "every span ended: {seen:?}");
        let line = |span: &Span| {
            let mut ancestors = String::new();
            let mut parent = span.parent;
            while let Some(at) = parent {
                ancestors = format!("{}/{ancestors}", seen[at].name);
                parent = seen[at].parent;
            }
            let fields = span.fields.iter().map(|(name, value)| format!(" {name}={value}"));
            format!("{ancestors}{}{}", span.name, fields.collect::<String>())
        };
        seen.iter().map(line).collect()
    }
}

impl Subscriber for Spans {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        *about.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let about = span.metadata();
        let declared = about.fields().iter().map(|field| field.name()).collect();
        crate::table::check_span(about.target(), about.name(), &declared);
        let parent = if span.is_contextual() { current() } else { span.parent().map(index) };
        let mut new = Span {
            target: about.target().to_owned(),
            name: about.name().to_owned(),
            parent,
            handles: 1,
            ..Span::default()
        };
        span.record(&mut Fields(&mut new.fields));
        let mut seen = self.seen.lock().unwrap();
        seen.push(new);
        Id::from_u64(seen.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.seen.lock().unwrap()[index(id)].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        if let Some(at) = current() {
            self.seen.lock().unwrap()[at].lines.push(fields["message"].clone());
        }
    }

    fn enter(&self, id: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(index(id)));
    }

    fn exit(&self, id: &Id) {
        let left = ENTERED.with_borrow_mut(Vec::pop);
        assert_eq!(left, Some(index(id)), "spans are left in the reverse order");
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.seen.lock().unwrap()[index(id)].handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let seen = &mut self.seen.lock().unwrap()[index(&id)];
        seen.handles -= 1;
        seen.handles == 0
    }
}

fn policy() -> RetryPolicy {
    RetryPolicy::builder().max_retries(2).jitter(Jitter::None).build().unwrap()
}

#[test]
fn r15_a_call_has_a_span_with_its_name_around_the_spans_of_its_attempts() {
    #[retry(name = "stock", max_retries = 2, jitter = none)]
    #[circuit_breaker(name = "spans::async")]
    async fn stock(failures: u32) -> Result<u32, Fault> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tracing::info!("in the body");
        if failures > 0 { Err(Fault) } else { Ok(1) }
    }

    let spans = Spans::of(|| {
        runtime().block_on(async {
            assert_eq!(stock(1).await, Err(Fault));
            assert_eq!(stock(0).await, Ok(1));
        });
    });
    let expected = [
        "retry attempts=3 result=exhausted retry=stock",
        "retry/attempt attempt=1 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::async",
        "retry/attempt attempt=2 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::async",
        "retry/attempt attempt=3 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::async",
        "retry attempts=1 result=success retry=stock",
        "retry/attempt attempt=1 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::async",
    ];
    assert_eq!(spans, expected);
}

#[test]
fn r15_time_limits_change_nothing_about_the_spans() {
    #[retry(name = "slow", max_retries = 1, jitter = none, deadline = "1m", attempt_timeout = "2s")]
    #[circuit_breaker(name = "spans::limited")]
    async fn slow() -> Result<(), Fault> {
        std::future::pending().await
    }

    let spans = Spans::of(|| assert_eq!(runtime().block_on(slow()), Err(Fault)));
    let expected = [
        "retry attempts=2 result=exhausted retry=slow",
        "retry/attempt attempt=1 max_attempts=2",
        "retry/attempt/circuit_breaker breaker=spans::limited",
        "retry/attempt attempt=2 max_attempts=2",
        "retry/attempt/circuit_breaker breaker=spans::limited",
    ];
    assert_eq!(spans, expected);
}

#[test]
fn r15_a_plain_function_has_the_same_spans() {
    #[retry(name = "plain", max_retries = 1, base_delay = "0s")]
    #[circuit_breaker(name = "spans::plain")]
    fn plain(calls: &mut u32) -> Result<u32, Fault> {
        *calls += 1;
        tracing::info!("in the body");
        if *calls == 1 { Err(Fault) } else { Ok(*calls) }
    }

    let spans = Spans::of(|| assert_eq!(plain(&mut 0), Ok(2)));
    let expected = [
        "retry attempts=2 result=success_after_retry retry=plain",
        "retry/attempt attempt=1 max_attempts=2",
        "retry/attempt/circuit_breaker breaker=spans::plain",
        "retry/attempt attempt=2 max_attempts=2",
        "retry/attempt/circuit_breaker breaker=spans::plain",
    ];
    assert_eq!(spans, expected);
}

#[test]
fn r15_a_call_by_hand_has_the_same_spans() {
    let spans = Spans::of(|| {
        let breaker = CircuitBreaker::new("spans::hand", BreakerConfig::default());
        let named = policy().named("hand");
        let call = named.call().through(&breaker).run(|attempt| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if attempt.is_first() { Err(Fault) } else { Ok(()) }
        });
        assert_eq!(runtime().block_on(call), Ok(()));

        let unnamed = policy();
        let call = unnamed.call().run(async |_| Ok::<_, Fault>(1));
        assert_eq!(runtime().block_on(call), Ok(1));
    });
    let expected = [
        "retry attempts=2 result=success_after_retry retry=hand",
        "retry/attempt attempt=1 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::hand",
        "retry/attempt attempt=2 max_attempts=3",
        "retry/attempt/circuit_breaker breaker=spans::hand",
        "retry attempts=1 result=success",
        "retry/attempt attempt=1 max_attempts=3",
    ];
    assert_eq!(spans, expected);
}

#[test]
fn b14_a_call_through_a_breaker_has_a_span_with_name_and_key() {
    #[circuit_breaker(name = "spans::keyed", key = shard)]
    async fn load(shard: u32) -> Option<u32> {
        tokio::task::yield_now().await;
        Some(shard)
    }

    let spans = Spans::of(|| {
        assert_eq!(runtime().block_on(load(7)), Some(7));
        let breaker = CircuitBreaker::new("spans::scope", BreakerConfig::default());
        let permit = breaker.try_acquire().unwrap();
        let output: Result<u32, Fault> = permit.scope(|| Ok(1));
        permit.report_output(&output);
    });
    let expected =
        ["circuit_breaker breaker=spans::keyed key=7", "circuit_breaker breaker=spans::scope"];
    assert_eq!(spans, expected);
}

#[test]
fn each_line_of_a_retry_is_in_the_span_of_its_call_and_each_line_of_the_body_in_its_attempt() {
    #[retry(name = "lines", max_retries = 1, jitter = none)]
    #[circuit_breaker(name = "spans::lines")]
    async fn lines() -> Result<(), Fault> {
        tokio::task::yield_now().await;
        tracing::info!("in the body");
        Err(Fault)
    }

    let spans = Spans::up_to(LevelFilter::TRACE);
    tracing::subscriber::with_default(spans.clone(), || {
        assert_eq!(runtime().block_on(lines()), Err(Fault));
    });
    let seen = spans.seen.lock().unwrap();
    let lines: Vec<_> =
        seen.iter().map(|span| (span.target.as_str(), span.name.as_str(), &span.lines)).collect();
    let (none, body) = (&vec![], &vec!["in the body".to_owned()]);
    let of_call = &vec!["retrying".to_owned(), "gave up".to_owned()];
    let (retry, breaker) = ("resilient::retry", "resilient::breaker");
    let expected = [
        (retry, "retry", of_call),
        (retry, "attempt", none),
        (breaker, "circuit_breaker", body),
        (retry, "attempt", none),
        (breaker, "circuit_breaker", body),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_task_is_in_a_span_only_while_it_runs_and_a_cancelled_call_ends_its_spans() {
    #[retry(name = "cancelled")]
    #[circuit_breaker(name = "spans::cancelled")]
    async fn hang() -> Result<(), Fault> {
        std::future::pending().await
    }

    let spans = Spans::of(|| {
        runtime().block_on(async {
            let mut call = Box::pin(hang());
            for _ in 0..2 {
                let wait = tokio::time::timeout(Duration::from_secs(1), &mut call);
                assert!(wait.await.is_err());
                assert_eq!(current(), None);
            }
        });
    });
    let expected = [
        "retry retry=cancelled",
        "retry/attempt attempt=1 max_attempts=4",
        "retry/attempt/circuit_breaker breaker=spans::cancelled",
    ];
    assert_eq!(spans, expected);
}

#[test]
fn a_subscriber_without_debug_gets_no_span() {
    #[retry(name = "quiet", base_delay = "0s")]
    #[circuit_breaker(name = "spans::quiet")]
    async fn quiet() -> Result<(), Fault> {
        tokio::task::yield_now().await;
        Err(Fault)
    }

    let spans = Spans::up_to(LevelFilter::INFO);
    tracing::subscriber::with_default(spans.clone(), || {
        assert_eq!(runtime().block_on(quiet()), Err(Fault));
    });
    assert_eq!(spans.seen.lock().unwrap().len(), 0);
}
