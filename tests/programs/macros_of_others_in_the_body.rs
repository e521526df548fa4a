//! In a body, `select!`, `join!`, `matches!`, `vec!`, formatting and logging macros may use
//! arguments and `self`.

use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilient::{Registry, circuit_breaker, retry};

static CALLS: AtomicU32 = AtomicU32::new(0);

async fn third() -> Option<u32> {
    tokio::task::yield_now().await;
    let n = CALLS.fetch_add(1, SeqCst) + 1;
    (n % 3 == 0).then_some(n)
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

#[derive(Debug, Clone, Default)]
struct Client {
    log: Vec<String>,
    calls: u32,
}

impl Client {
    async fn slow(&self) -> u32 {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        self.calls
    }

    async fn step(&mut self, text: &str) -> Option<u32> {
        self.log.push(text.to_owned());
        third().await
    }

    #[retry]
    #[circuit_breaker(name = "select")]
    async fn selected(&mut self, text: String, times: &mut u32) -> Option<u32> {
        self.calls += 1;
        *times += 1;
        tokio::select! {
            biased;
            found = self.step(&text) => found,
            () = tokio::time::sleep(Duration::from_secs(60)) => {
                unreachable!("{text} {}", self.calls)
            }
        }
    }

    #[circuit_breaker(name = "join", order = explicit)]
    #[retry]
    async fn joined(&self, left: Client, right: &Client) -> Option<(u32, usize, usize)> {
        let (found, slow, lengths) = tokio::join!(
            third(),
            async { tokio::time::timeout(Duration::from_millis(1), self.slow()).await.is_err() },
            async move { (left.log.len(), right.log.len()) },
        );
        assert!(slow, "{self:?}");
        let n = found?;
        Some((n, lengths.0, lengths.1))
    }

    #[retry]
    async fn tried(self, others: Vec<u32>) -> Result<Vec<String>, String> {
        let (a, b) = tokio::try_join!(
            async { third().await.ok_or_else(|| format!("{}", self.calls)) },
            async { others.first().copied().ok_or(String::new()) },
        )?;
        Ok(vec![a.to_string(), b.to_string(), format!("{:?}", self.log)])
    }

    #[retry]
    async fn formatted(
        &self,
        width: usize,
        name: String,
        number: f64,
        mut into: String,
    ) -> Option<String> {
        writeln!(into, "{name:>width$}|{number:.1}|{}", self.calls).ok()?;
        write!(&mut into, "{:?}", self.log).ok()?;
        debug_assert_eq!(name.len(), 1, "{name}");
        tracing::debug!(%name, ?self.log, width, calls = self.calls, "formatted {number}");
        let pairs = vec![(name.clone(), width); 2];
        let many = matches!(&pairs[..], [(first, w), ..] if *first == name && *w == width);
        assert!(many);
        let _: [String; 1] = [dbg!(name)];
        third().await.map(|_| into)
    }
}

#[retry(base_delay = "0s")]
fn thread_locals(by: u32) -> Option<u32> {
    thread_local! {
        static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    let n = COUNT.with(|count| {
        count.set(count.get() + by);
        count.get()
    });
    let text = format!("{n}");
    let n: u32 = concat!("1", "0").parse().ok().filter(|_| text != stringify!(n))?;
    (COUNT.get() >= 3 * by)
        .then(|| n + include_str!("macros_of_others_in_the_body.rs").lines().take(1).count() as u32)
}

#[tokio::test(start_paused = true)]
async fn runs() {
    let counted = |expected| assert_eq!(CALLS.swap(0, SeqCst), expected);
    let mut client = Client::default();
    let mut times = 0;
    assert_eq!(sendable(client.selected("x".to_owned(), &mut times)).await, Some(3));
    assert_eq!((client.log.len(), client.calls, times), (3, 3, 3));
    counted(3);
    let other = Client::default();
    let output = client.joined(client.clone(), &other);
    assert_eq!(sendable(output).await, Some((3, 3, 0)));
    counted(3);
    let output = client.clone().tried(vec![7]);
    assert_eq!(sendable(output).await.unwrap(), ["3", "7", "[\"x\", \"x\", \"x\"]"]);
    counted(3);
    client.log.clear();
    let output = client.formatted(3, "n".to_owned(), 1.25, String::new());
    assert_eq!(sendable(output).await.as_deref(), Some("  n|1.2|3\n[]"));
    counted(3);
    assert_eq!(thread_locals(2), Some(11));
    let totals = |name| Registry::global().get(name).unwrap().snapshot().totals;
    assert_eq!((totals("select").failure, totals("select").success), (2, 1));
    assert_eq!((totals("join").failure, totals("join").success), (0, 1));
}
