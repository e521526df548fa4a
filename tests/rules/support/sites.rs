//! Helpers of the tests from `sites`.

use resilient::Registry;

use resilient_testkit::Heard;

/// What is told of one budget of the global registry, in which other tests do things, too.
pub(crate) fn told_of(name: &'static str) -> (Heard, resilient::events::ListenerId) {
    let heard = Heard::default();
    let listener = heard.listener();
    let id = Registry::global().on_event(move |event| {
        if event.source() == resilient::events::EventSource::Budget && event.name() == name {
            listener(event);
        }
    });
    (heard, id)
}
