//! What the tests of all recipes share: a clock for the breakers, and turns at the servers.

use std::process::Command;
use std::sync::OnceLock;

use resilient::breaker::CircuitState;
use resilient::time::ManualClock;
use resilient::{CircuitBreaker, Registry};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// Returns the clock of all breakers. Only tests move it.
pub(crate) fn clock() -> &'static ManualClock {
    static CLOCK: OnceLock<ManualClock> = OnceLock::new();
    CLOCK.get_or_init(|| {
        let clock = ManualClock::new();
        Registry::global().use_clock(clock.clone());
        clock
    })
}

/// The server of one recipe, which one test after the other uses.
pub(crate) type Server<T> = Mutex<Option<T>>;

/// How the time of tokio passes in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// It does not pass. A sleep never ends.
    Still,
    /// It jumps to the next timer as soon as all tasks wait, also for a server. So it fits where
    /// no server responds.
    Jumps,
    Real,
}

/// The turn of one test. All share the clock, and those of a recipe a server and a breaker.
#[derive(Debug)]
pub(crate) struct Turn<T: 'static> {
    name: &'static str,
    _alone: MutexGuard<'static, ()>,
    time: Time,
    /// Keeps the runtime busy. Otherwise, paused time jumps to the next timer.
    spinner: Option<JoinHandle<()>>,
    guard: MutexGuard<'static, Option<T>>,
}

/// A test that failed may have stopped its server, which no other test should meet.
impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.guard = None;
        }
    }
}

impl<T> Turn<T> {
    /// Waits for the turn, starts the server if it does not run, and closes the breaker. Returns
    /// `None` if the server is not installed.
    pub(crate) async fn take(
        server: &'static Server<T>,
        name: &'static str,
        start: impl FnOnce() -> Option<T>,
    ) -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        let mut guard = server.lock().await;
        clock();
        if guard.is_none() {
            *guard = Some(start()?);
        }
        if let Some(breaker) = Registry::global().get(name) {
            breaker.close();
        }
        let mut turn =
            Self { name, _alone: alone, time: Time::Real, spinner: None, guard };
        turn.set_time(Time::Still);
        Some(turn)
    }

    /// Sets how the time of tokio passes. In a new turn it stands still, so that no time limit
    /// ends a call because the machine is slow.
    pub(crate) fn set_time(&mut self, time: Time) {
        if let Some(spinner) = self.spinner.take() {
            spinner.abort();
        }
        match (self.time, time) {
            (Time::Real, Time::Still | Time::Jumps) => tokio::time::pause(),
            (Time::Still | Time::Jumps, Time::Real) => tokio::time::resume(),
            _ => {}
        }
        if time == Time::Still {
            self.spinner = Some(tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            }));
        }
        self.time = time;
    }

    pub(crate) fn server(&mut self) -> &mut T {
        self.guard.as_mut().expect("it is started")
    }

    /// Replaces the server, for example by one that is started again in the same folder.
    pub(crate) fn replace(&mut self, change: impl FnOnce(T) -> T) {
        let server = self.guard.take().map(change);
        *self.guard = server;
    }

    /// Returns the breaker, which exists after the first call.
    pub(crate) fn breaker(&self) -> CircuitBreaker {
        Registry::global().get(self.name).expect("a call was made")
    }

    pub(crate) fn state(&self) -> CircuitState {
        self.breaker().state()
    }

    /// Returns how many calls succeeded and failed since the breaker exists.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let Some(breaker) = Registry::global().get(self.name) else { return (0, 0) };
        let totals = breaker.snapshot().totals;
        (totals.success, totals.failure)
    }

    /// Lets the recovery time pass, so that the next call is a probe.
    pub(crate) fn recover(&self) {
        let breaker = self.breaker();
        assert_eq!(breaker.state(), CircuitState::Open);
        clock().advance(breaker.snapshot().retry_after.expect("it is open"));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
    }
}

/// Sends a signal to a process. A process that is stopped responds to nothing any more.
pub(crate) fn signal(name: &str, pid: i32) {
    let kill = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(kill.unwrap().success());
}
