//! The metric of the times for which calls wait for a server that holds them back.

#[cfg(feature = "metrics")]
use tokio::time::Instant;

/// How a wait ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum WaitEnd {
    /// The call started.
    Started,
    /// The call failed, because it would have to wait for too long.
    Refused,
    /// The call ended before its turn.
    Left,
}

/// The time for which one attempt waits.
#[derive(Debug, Default)]
pub(super) struct WaitTime {
    #[cfg(feature = "metrics")]
    began: Option<Instant>,
}

#[cfg(feature = "metrics")]
impl WaitTime {
    /// Notes that the attempt waits, if that is not known yet.
    pub(super) fn begin(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// Records the wait, if there was one.
    pub(super) fn end(&mut self, origin: &str, end: WaitEnd) {
        let Some(began) = self.began.take() else { return };
        let result = match end {
            WaitEnd::Started => "started",
            WaitEnd::Refused => "refused",
            WaitEnd::Left => "left",
        };
        let labels = [
            metrics::Label::new("origin", origin.to_owned()),
            metrics::Label::from_static_parts("result", result),
        ];
        metrics::histogram!("resilient.http.hold.wait", labels.to_vec())
            .record(began.elapsed().as_secs_f64());
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unused_self, reason = "there is no metric")]
impl WaitTime {
    pub(super) fn begin(&mut self) {}

    pub(super) fn end(&mut self, _: &str, _: WaitEnd) {}
}
