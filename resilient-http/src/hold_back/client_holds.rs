//! The holds of a client, one per origin. Clients with the same name share them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::time::Instant;

use super::origin_hold::OriginHold;

/// The holds of a client. When the last client with a name is dropped, its holds stay until they
/// are over, so that a client that is made for each call is held back, too.
pub(crate) struct ClientHolds {
    /// The hold of the origin of the base URL, which most calls need.
    own: Arc<OriginHold>,
    holds: Arc<HoldsByOrigin>,
    name: Option<Box<str>>,
}

// Requests go only to the origin of the base URL and to the allowed origins, so the number of
// holds is bounded.
#[derive(Default)]
struct HoldsByOrigin(RwLock<BTreeMap<String, Arc<OriginHold>>>);

/// The holds of all clients with names.
#[derive(Default)]
struct NamedHolds {
    by_name: BTreeMap<Box<str>, Arc<HoldsByOrigin>>,
    /// The names that had no client any more while a hold was not over.
    left: Vec<Box<str>>,
}

static NAMED: Mutex<NamedHolds> =
    Mutex::new(NamedHolds { by_name: BTreeMap::new(), left: Vec::new() });

fn named() -> MutexGuard<'static, NamedHolds> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientHolds {
    /// Returns the holds of the clients with this name. A client without a name shares none.
    /// `origin` is the origin of the base URL.
    pub(crate) fn of_client(name: Option<&str>, origin: &str) -> Self {
        let holds = match name {
            None => Arc::<HoldsByOrigin>::default(),
            Some(name) => {
                let mut named = named();
                named.sweep(Instant::now());
                Arc::clone(named.by_name.entry(name.into()).or_default())
            }
        };
        Self { own: holds.of(origin), holds, name: name.map(Into::into) }
    }

    /// Returns the hold of the origin of the base URL.
    pub(crate) fn own(&self) -> &Arc<OriginHold> {
        &self.own
    }

    /// Returns the hold of an origin, given as text without user info.
    pub(crate) fn of(&self, origin: &str) -> Arc<OriginHold> {
        self.holds.of(origin)
    }
}

impl HoldsByOrigin {
    fn of(&self, origin: &str) -> Arc<OriginHold> {
        let Self(holds) = self;
        let known = holds.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        known.unwrap_or_else(|| {
            let mut holds = holds.write().unwrap_or_else(PoisonError::into_inner);
            let hold = holds.entry(origin.to_owned());
            Arc::clone(hold.or_insert_with(|| Arc::new(OriginHold::new(origin))))
        })
    }

    fn is_unused(&self, now: Instant) -> bool {
        let Self(holds) = self;
        let holds = holds.read().unwrap_or_else(PoisonError::into_inner);
        holds.values().all(|hold| hold.is_unused(now))
    }
}

impl Drop for ClientHolds {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else {
            return;
        };
        let mut named = named();
        // Under the lock, so that of two clients that are dropped at the same time, the second one
        // finds that it is the last one.
        self.holds = Arc::default();
        let Some(holds) = named.by_name.get(&name).filter(|it| Arc::strong_count(it) == 1) else {
            return;
        };
        if holds.is_unused(Instant::now()) {
            named.by_name.remove(&name);
        } else if !named.left.contains(&name) {
            named.left.push(name);
        }
    }
}

impl NamedHolds {
    /// Removes holds that have no client and are over now.
    fn sweep(&mut self, now: Instant) {
        let Self { by_name, left } = self;
        left.retain(|name| {
            let Some(holds) = by_name.get(name) else { return false };
            if Arc::strong_count(holds) > 1 {
                return false;
            }
            let stays = !holds.is_unused(now);
            if !stays {
                by_name.remove(name);
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::refusal::Refusal;
    use super::*;

    const ORIGIN: &str = "https://api.example.com";

    fn client(name: &str) -> ClientHolds {
        ClientHolds::of_client(Some(name), ORIGIN)
    }

    fn unnamed() -> ClientHolds {
        ClientHolds::of_client(None, ORIGIN)
    }

    fn refuse(holds: &ClientHolds, hint: Duration) {
        let sent_at = Instant::now();
        let refusal = Refusal { sent_at, hint, is_limit: true, stated: None };
        holds.of(ORIGIN).refuse(refusal, sent_at);
    }

    fn held(holds: &ClientHolds, origin: &str) -> bool {
        holds.of(origin).held_for().is_some()
    }

    #[test]
    fn each_origin_has_its_own_hold() {
        let holds = unnamed();
        refuse(&holds, Duration::from_secs(5));
        assert!(held(&holds, ORIGIN));
        assert!(!held(&holds, "https://files.example.com"));
        assert!(!held(&holds, "http://api.example.com"));
    }

    #[test]
    fn clients_with_one_name_share_their_holds_and_unnamed_clients_share_none() {
        let one = client("shares its holds");
        refuse(&one, Duration::from_secs(5));
        let other = client("shares its holds");
        assert!(held(&other, ORIGIN));
        assert!(!held(&unnamed(), ORIGIN));
    }

    #[test]
    fn clients_that_are_dropped_at_the_same_time_leave_nothing_behind() {
        let barrier = std::sync::Barrier::new(2);
        for round in 0..200 {
            let name = format!("dropped at the same time {round}");
            std::thread::scope(|scope| {
                for holds in [client(&name), client(&name)] {
                    scope.spawn(|| {
                        barrier.wait();
                        drop(holds);
                    });
                }
            });
            assert!(!named().by_name.contains_key(&*name), "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn holds_outlive_their_clients_until_they_are_over_and_leave_nothing_behind() {
        let name = "made for each call";
        refuse(&client(name), Duration::from_secs(5));
        assert!(held(&client(name), ORIGIN));
        assert!(named().by_name.contains_key(name));
        tokio::time::sleep(Duration::from_secs(70)).await;
        drop(client("another name"));
        let named = named();
        assert!(!named.by_name.contains_key(name) && !named.by_name.contains_key("another name"));
        assert!(!named.left.iter().any(|left| **left == *name));
    }
}
