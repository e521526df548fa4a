//! Helpers of the tests of budgets in the global registry.

use resilient::Registry;

use resilient_testkit::Heard;

/// Collects the events of one budget of the global registry. Other tests use this registry at the
/// same time, so all other events are left out.
pub(crate) fn events_of(name: &'static str) -> (Heard, resilient::events::ListenerId) {
    let heard = Heard::default();
    let listener = heard.listener();
    let id = Registry::global().on_event(move |event| {
        if event.source() == resilient::events::EventSource::Budget && event.name() == name {
            listener(event);
        }
    });
    (heard, id)
}
