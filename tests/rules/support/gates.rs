//! A gate whose decisions are set in advance.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use resilient::retries::AttemptGate;
use tokio::time::{Sleep, sleep};

/// What the gate does with one attempt.
pub(crate) enum Decision<O> {
    Admit(Pin<Box<Sleep>>),
    Refuse(O),
}

/// A gate that decides on each attempt as the test says. It admits further attempts at once.
pub(crate) struct TestGate<O> {
    decisions: VecDeque<Decision<O>>,
    closes: Option<(Pin<Box<Sleep>>, O)>,
    /// The time left at each decision.
    pub(crate) left: Vec<Option<Duration>>,
}

impl<O> TestGate<O> {
    pub(crate) fn new() -> Self {
        Self { decisions: VecDeque::new(), closes: None, left: Vec::new() }
    }

    /// Lets the next attempt pass without a wait.
    pub(crate) fn then_admit(self) -> Self {
        self.then_hold(Duration::ZERO)
    }

    /// Holds the next attempt until this time after now.
    pub(crate) fn then_hold(mut self, until: Duration) -> Self {
        self.decisions.push_back(Decision::Admit(Box::pin(sleep(until))));
        self
    }

    pub(crate) fn then_refuse(mut self, output: O) -> Self {
        self.decisions.push_back(Decision::Refuse(output));
        self
    }

    /// Closes the gate after this time. A call without an attempt then returns `output`.
    pub(crate) fn closing(mut self, after: Duration, output: O) -> Self {
        self.closes = Some((Box::pin(sleep(after)), output));
        self
    }
}

impl<O: Clone + Send> AttemptGate<O> for TestGate<O> {
    fn poll_admit(
        &mut self,
        time_left: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), O>> {
        let decision = match self.decisions.front_mut() {
            None => Ok(()),
            Some(Decision::Refuse(output)) => Err(output.clone()),
            Some(Decision::Admit(until)) => {
                if until.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                Ok(())
            }
        };
        self.decisions.pop_front();
        self.left.push(time_left);
        Poll::Ready(decision)
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<O> {
        match &mut self.closes {
            Some((at, output)) => at.as_mut().poll(cx).map(|()| output.clone()),
            None => Poll::Pending,
        }
    }
}
