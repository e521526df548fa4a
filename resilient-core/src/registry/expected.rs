//! Names of keyed breakers that are declared before their first call. The feature `inventory`
//! declares them, so that conflicts are reported at the start of the program.

use super::declared::{Declared, Merged};
use super::entries::Expected;
use super::{Registration, Registry};
use crate::breaker::BreakerConfig;
use crate::event::{Event, EventKind};
use crate::signal::Name;

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
            known.merge(&registration, declared)
        } else {
            entries
                .expected
                .insert(name.clone(), Expected { settings: registration.settings, declared });
            None
        };
        drop(guard);
        self.report_conflict(&name, event);
    }

    /// Merges the registration of a group with what annotated functions have declared about its
    /// name, and returns the registration with the settings that apply. Reports a conflict.
    pub(super) fn merge_expected(&self, registration: Registration) -> Registration {
        let declared = registration.declared();
        let mut entries = self.write();
        let expected = entries.expected.get_mut(&registration.name);
        let Some(expected) = expected.filter(|_| registration.is_given) else {
            return registration;
        };
        let event = expected.merge(&registration, declared);
        let Expected { settings, declared } = &*expected;
        let registration = Registration {
            settings: settings.clone(),
            has_settings: declared.has_settings,
            place: declared.place,
            ..registration
        };
        drop(entries);
        self.report_conflict(&registration.name, event);
        registration
    }

    fn report_conflict(&self, name: &Name, event: Option<EventKind>) {
        if let Some(event) = event {
            self.notify(&Event::of_breaker(name.clone(), event));
        }
    }
}

impl Expected {
    /// Merges a later declaration of the name. Returns the event of a conflict.
    fn merge(
        &mut self,
        later: &Registration,
        declared: Declared<BreakerConfig>,
    ) -> Option<EventKind> {
        match self.declared.merge(declared) {
            Merged::Kept => None,
            Merged::Conflict(event) => Some(event),
            Merged::Adopted => {
                self.settings = later.settings.clone();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::registry::Hold;

    fn config(failures: u32) -> BreakerConfig {
        BreakerConfig::builder().failure_threshold(failures).build().unwrap()
    }

    /// Returns a registry in which a function has declared the name, and counts the conflicts.
    #[track_caller]
    fn expecting(config: BreakerConfig, has_settings: bool) -> (Registry, Arc<Mutex<usize>>) {
        let (registry, conflicts) = (Registry::new(), Arc::<Mutex<usize>>::default());
        let counted = Arc::clone(&conflicts);
        registry.on_event(move |event| {
            if matches!(event.kind(), EventKind::Conflict { .. }) {
                *counted.lock().unwrap() += 1;
            }
        });
        let registration = Registration::by_hand("hosts", config);
        registry.expect_group(Registration { has_settings, hold: Hold::Function, ..registration });
        (registry, conflicts)
    }

    #[test]
    fn g03_the_settings_of_an_expected_function_win_over_code_and_a_lease() {
        let (registry, conflicts) = expecting(config(3), true);
        let lease = registry.lease_keyed::<u32>("hosts", BreakerConfig::default());
        assert_eq!((lease.get(&1).config(), *conflicts.lock().unwrap()), (config(3), 0));
        for _ in 0..2 {
            let other = registry.get_or_register_keyed::<u32>("hosts", config(9));
            assert_eq!((other.get(&1).config(), *conflicts.lock().unwrap()), (config(3), 1));
        }
    }

    #[test]
    fn g03_an_expected_function_without_settings_takes_those_of_code_or_of_a_lease() {
        for leases in [false, true] {
            let (registry, conflicts) = expecting(BreakerConfig::default(), false);
            let first = if leases {
                registry.lease_keyed::<u32>("hosts", config(9)).get(&1)
            } else {
                registry.get_or_register_keyed::<u32>("hosts", config(9)).get(&1)
            };
            assert_eq!((first.config(), *conflicts.lock().unwrap()), (config(9), 0));
            // The first call of the function declares the name again.
            let registration = Registration::by_hand("hosts", BreakerConfig::default());
            let registration = Registration { has_settings: false, ..registration };
            let group = registry.register_group::<u32>(registration);
            assert_eq!((group.get(&1).config(), *conflicts.lock().unwrap()), (config(9), 0));
        }
    }
}
