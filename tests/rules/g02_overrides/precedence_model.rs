//! Rule G2: random overrides are compared with a model that looks at each table.

use std::collections::BTreeMap;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, KeyedBreakers, OperatorMode};
use resilient::registry::{BreakerOverride, Overrides};
use resilient::settings::{SettingOrigin, SettingValue};
use resilient::time::ManualClock;
use resilient::{BreakerConfig, CircuitBreaker, Registry};

use crate::support::override_rules::builder;

/// Names and keys. Some begin others, and some have characters that documents and orders treat
/// specially.
const TEXTS: [&str; 9] = ["", "a", "ab", "a.b", "a b", "a\"b", "ab\u{e4}\u{1f980}", "b", "$(a)"];

/// A table of the model: its name, its key, and what it sets.
#[derive(Clone)]
struct Table {
    name: String,
    key: Option<String>,
    threshold: Option<u32>,
    successes: Option<u32>,
    mode: Option<OperatorMode>,
}

fn pattern(random: &mut fastrand::Rng) -> String {
    let text = TEXTS[random.usize(..TEXTS.len())];
    if random.bool() {
        return text.to_owned();
    }
    let end = random.usize(..=text.chars().count());
    text.chars().take(end).chain(['*']).collect()
}

fn table(random: &mut fastrand::Rng) -> Table {
    let mut count = || random.bool().then(|| random.u32(2..1_000));
    let (threshold, successes) = (count(), count());
    let modes = [OperatorMode::ForcedOpen, OperatorMode::Disabled, OperatorMode::ObserveOnly];
    Table {
        name: pattern(random),
        key: random.bool().then(|| pattern(random)),
        threshold,
        successes,
        mode: (random.u8(..4) == 0).then(|| modes[random.usize(..3)]),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => pattern == text,
    }
}

/// Returns a value that is larger for the pattern that wins.
fn strength(pattern: &str) -> (bool, usize) {
    (!pattern.ends_with('*'), pattern.len())
}

impl Table {
    fn applies_to(&self, name: &str, key: Option<&str>) -> bool {
        let fits = |own: &str| key.is_some_and(|key| matches(own, key));
        matches(&self.name, name) && self.key.as_deref().is_none_or(fits)
    }

    fn strength(&self) -> impl Ord + use<> {
        let key = self.key.as_deref().map(strength);
        (key.is_some(), strength(&self.name), key)
    }

    fn header(&self) -> (String, Option<String>) {
        (self.name.clone(), self.key.clone())
    }

    fn what(&self) -> BreakerOverride {
        let mut settings = builder();
        if let Some(count) = self.threshold {
            settings = settings.failure_threshold(count);
        }
        if let Some(count) = self.successes {
            settings = settings.half_open_successes(count);
        }
        let own = BreakerOverride::from(settings);
        self.mode.map_or(own.clone(), |mode| own.with_mode(mode))
    }
}

/// The name and the key in the header of a table.
type Header = (String, Option<String>);

/// What the model expects of a breaker: each count with the table that gives it, and the state.
#[derive(Debug, PartialEq)]
struct Expected {
    counts: [(u32, Option<Header>); 2],
    state: CircuitState,
}

fn expected(tables: &[Table], name: &str, key: Option<&str>, defaults: Option<u32>) -> Expected {
    let strongest = |gives: &dyn Fn(&Table) -> bool| {
        let found = tables.iter().filter(|table| table.applies_to(name, key) && gives(table));
        found.max_by_key(|table| table.strength())
    };
    let threshold = strongest(&|table| table.threshold.is_some());
    let successes = strongest(&|table| table.successes.is_some());
    let mode = strongest(&|table| table.mode.is_some()).and_then(|table| table.mode);
    Expected {
        counts: [
            // The code gives the threshold 7.
            threshold.map_or((7, None), |it| (it.threshold.unwrap(), Some(it.header()))),
            successes.map_or((defaults.unwrap_or(1), None), |it| {
                (it.successes.unwrap(), Some(it.header()))
            }),
        ],
        state: match mode {
            None => CircuitState::Closed,
            Some(OperatorMode::ForcedOpen) => CircuitState::ForcedOpen,
            Some(OperatorMode::Disabled) => CircuitState::Disabled,
            Some(_) => CircuitState::ObserveOnly,
        },
    }
}

fn found(breaker: &CircuitBreaker) -> Expected {
    let settings = breaker.settings_with_origin();
    let count = |name| {
        let setting = settings.get(name).unwrap();
        let Some(SettingValue::Count(count)) = setting.value else { panic!("{setting}") };
        let table = match setting.origin {
            SettingOrigin::Override(table) => {
                Some((table.name().unwrap().to_owned(), table.key().map(str::to_owned)))
            }
            _ => None,
        };
        (count, table)
    };
    let counts = [count("failure_threshold"), count("half_open_successes")];
    Expected { counts, state: breaker.state() }
}

fn overrides(tables: &[Table], defaults: Option<u32>) -> Overrides {
    let mut overrides = Overrides::new();
    if let Some(count) = defaults {
        overrides = overrides.with_defaults(builder().half_open_successes(count));
    }
    for table in tables {
        overrides = match &table.key {
            None => overrides.with(&table.name, table.what()),
            Some(key) => overrides.with_key(&table.name, key, table.what()),
        };
    }
    overrides
}

fn code() -> BreakerConfigBuilder {
    builder().failure_threshold(7)
}

/// Half of the names have keys.
fn register(registry: &Registry, index: usize) -> Option<KeyedBreakers<String>> {
    let config: BreakerConfig = code().build().unwrap();
    if index % 2 == 0 {
        let _ = registry.get_or_register(TEXTS[index], config);
        return None;
    }
    Some(registry.get_or_register_keyed(TEXTS[index], config))
}

#[test]
fn g02_random_tables_apply_as_in_a_model_that_compares_each() {
    let mut random = fastrand::Rng::with_seed(0x15);
    for round in 0..150 {
        let registry = Registry::new();
        registry.use_clock(ManualClock::new());
        // Half of the names, and of their keys, exist before the overrides.
        let mut groups: BTreeMap<usize, KeyedBreakers<String>> = BTreeMap::new();
        for index in 0..TEXTS.len() / 2 {
            groups.extend(register(&registry, index).map(|group| (index, group)));
        }
        for group in groups.values() {
            for key in &TEXTS[..TEXTS.len() / 2] {
                let _ = group.get(*key);
            }
        }
        let mut tables: BTreeMap<_, Table> = BTreeMap::new();
        for step in 0..4 {
            for _ in 0..random.usize(..6) {
                let table = table(&mut random);
                tables.insert(table.header(), table);
            }
            tables.retain(|_, _| random.u8(..5) > 0);
            let now: Vec<_> = tables.values().cloned().collect();
            let defaults = random.bool().then(|| random.u32(2..1_000));
            registry.set_overrides(overrides(&now, defaults)).unwrap();
            for (index, name) in TEXTS.into_iter().enumerate() {
                groups.extend(register(&registry, index).map(|group| (index, group)));
                let Some(group) = groups.get(&index) else {
                    let breaker = registry.get(name).unwrap();
                    let expected = expected(&now, name, None, defaults);
                    assert_eq!(found(&breaker), expected, "{round}.{step}: {name:?}");
                    continue;
                };
                for key in TEXTS {
                    let expected = expected(&now, name, Some(key), defaults);
                    let found = found(&group.get(key));
                    assert_eq!(found, expected, "{round}.{step}: {name:?}, {key:?}");
                }
            }
        }
    }
}
