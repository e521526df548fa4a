//! Names of keyed breakers that are declared before their first call. The feature `inventory`
//! declares them, so that conflicts are reported at the start of the program.

use super::declared::Merged;
use super::entries::Expected;
use super::{Registration, Registry};
use crate::event::Event;

impl Registry {
    // G3: with the feature `inventory`, conflicts are reported at the start.
    /// Declares a name whose group of keyed breakers is made at the first call, because only the
    /// call knows the type of the keys.
    pub(crate) fn expect_group(&self, registration: Registration) {
        // A default name belongs to one function, so it has no conflicts.
        if !registration.is_given {
            return;
        }
        let declared = registration.declared();
        let name = registration.name.clone();
        let mut guard = self.write();
        let entries = &mut *guard;
        let event = if let Some(known) = entries.by_name.get_mut(&name) {
            let is_of_another_kind = known.item.one().is_some();
            // If the group exists already, the first call of the function merges the settings.
            is_of_another_kind.then(|| known.declared.conflict_with(registration.place)).flatten()
        } else if let Some(known) = entries.expected.get_mut(&name) {
            match known.declared.merge(declared) {
                Merged::Kept => None,
                Merged::Conflict(event) => Some(event),
                Merged::Adopted => {
                    known.settings = registration.settings;
                    None
                }
            }
        } else {
            entries
                .expected
                .insert(name.clone(), Expected { settings: registration.settings, declared });
            None
        };
        drop(guard);
        if let Some(event) = event {
            self.notify(&Event::of_breaker(name, event));
        }
    }

    /// Returns the registration that makes the group of an annotated function.
    pub(crate) fn as_expected(&self, registration: Registration) -> Registration {
        let entries = self.read();
        let expected = entries.expected.get(&registration.name).filter(|_| registration.is_given);
        let Some(Expected { settings, declared }) = expected else {
            return registration;
        };
        Registration {
            settings: settings.clone(),
            has_settings: declared.has_settings,
            place: declared.place,
            ..registration
        }
    }
}
