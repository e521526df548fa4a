//! The keys of every attribute: how each is written, and which literals it accepts.

use std::time::Duration;

use super::kind::AttributeKind;

/// The keys of one attribute, in the order in which errors and the expansion list them.
#[derive(Debug)]
pub(super) struct AttributeKeys {
    pub(super) kind: AttributeKind,
    pub(super) keys: &'static [Key],
}

#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) form: KeyForm,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum KeyForm {
    /// `key = value`, a setting of the runtime's builder that has a method of that name.
    Setting(ValueForm),
    /// `key = value` that the attribute itself reads.
    Value,
    /// `key = pattern`, perhaps with an `if` guard.
    Pattern,
    /// `key(a, b)`
    List,
}

/// What a literal value of a setting may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueForm {
    /// A whole number. `rule` ends the error about one out of range.
    Count {
        least: u32,
        most: u32,
        rule: &'static str,
    },
    /// Text with units. `above_zero` ends the error about zero, if that is refused.
    Time { above_zero: Option<&'static str> },
    /// From 0 to 1, or a percentage.
    Share,
    /// Above 0 and up to 1, or a percentage.
    Rate,
    /// Finite and at least 1.
    Factor,
    /// A number of calls or a time.
    Window,
    /// A variant of the runtime's enum `of`, by the word for it.
    Word {
        of: &'static str,
        words: &'static [(&'static str, &'static str)],
    },
}

/// The hidden list in which stacked attributes hand their arguments down.
pub(super) const HIDDEN: &str = "__outer";

pub(super) const DEFAULT_RECOVERY_TIME: Duration = Duration::from_secs(30);
pub(super) const DEFAULT_BASE_DELAY: Duration = Duration::from_millis(100);
pub(super) const DEFAULT_MAX_DELAY: Duration = Duration::from_secs(10);
pub(super) const DEFAULT_HALF_OPEN_CALLS: u32 = 1;
pub(super) const DEFAULT_HALF_OPEN_SUCCESSES: u32 = 1;
pub(super) const DEFAULT_HALF_OPEN_FAILURES: u32 = 0;

pub(super) static RETRY: AttributeKeys = AttributeKeys {
    kind: AttributeKind::Retry,
    keys: &[
        any_count("max_retries"),
        count(
            "max_attempts",
            u32::MAX,
            "the first call is an attempt too, so at least 1",
        ),
        value("backoff"),
        any_time("base_delay"),
        any_time("max_delay"),
        setting("backoff_factor", ValueForm::Factor),
        value("jitter"),
        pattern("on"),
        pattern("except"),
        value("retry_if"),
        value("retry_when"),
        value("retry_after"),
        any_time("max_retry_after"),
        time(
            "max_elapsed",
            "there would be no time for a retry, so above zero",
        ),
        value("deadline"),
        value("attempt_timeout"),
        value("budget"),
        setting("when_open", WHEN_OPEN),
        value("nested"),
        value("errors"),
        value("attempt"),
        value("on_retry"),
        value("on_give_up"),
        value("policy"),
        value("crate"),
        list("borrow"),
        list("clone"),
    ],
};

pub(super) static CIRCUIT_BREAKER: AttributeKeys = AttributeKeys {
    kind: AttributeKind::CircuitBreaker,
    keys: &[
        value("name"),
        count(
            "failure_threshold",
            u32::MAX,
            "it takes a failure to open, so at least 1",
        ),
        setting("window", ValueForm::Window),
        count(
            "window_buckets",
            1_000,
            "a window in time is divided into 1 to 1000 buckets",
        ),
        count(
            "min_calls",
            u32::MAX,
            "no calls have no rate, so at least 1",
        ),
        setting("failure_rate", ValueForm::Rate),
        count(
            "failure_count",
            u32::MAX,
            "it takes a failure to open, so at least 1",
        ),
        time("slow_call", "every call would be slow, so above zero"),
        setting("slow_call_rate", ValueForm::Rate),
        any_time("recovery_time"),
        setting("recovery_factor", ValueForm::Factor),
        any_time("max_recovery_time"),
        setting("recovery_jitter", ValueForm::Share),
        count(
            "half_open_max_calls",
            1_024,
            "a half-open circuit lets calls through, from 1 to 1024 at a time",
        ),
        count(
            "half_open_successes",
            u32::MAX,
            "it takes a success to close, so at least 1",
        ),
        any_count("half_open_failures"),
        time(
            "probe_timeout",
            "every probe would be given up at once, so above zero",
        ),
        setting("abandoned", ABANDONED),
        pattern("failure"),
        pattern("ignore"),
        value("failure_if"),
        value("failure_when"),
        value("ignore_if"),
        value("retry_after"),
        value("on_open"),
        value("breaker"),
        value("key"),
        count(
            "max_keys",
            1_000_000,
            "keys have breakers of their own, from 1 to 1000000 of them",
        ),
        value("crate"),
    ],
};

pub(super) static TIMEOUT: AttributeKeys = AttributeKeys {
    kind: AttributeKind::Timeout,
    keys: &[value("crate")],
};

pub(super) static FALLBACK: AttributeKeys = AttributeKeys {
    kind: AttributeKind::Fallback,
    keys: &[
        value("value"),
        value("with"),
        pattern("on"),
        pattern("except"),
        value("order"),
        value("crate"),
    ],
};

pub(super) static ALL: [&AttributeKeys; 4] = [&RETRY, &CIRCUIT_BREAKER, &TIMEOUT, &FALLBACK];

const WHEN_OPEN: ValueForm = ValueForm::Word {
    of: "WhenOpen",
    words: &[("stop", "Stop"), ("wait", "Wait")],
};

const ABANDONED: ValueForm = ValueForm::Word {
    of: "AbandonedOutcome",
    words: &[("ignore", "Ignore"), ("failure", "Failure")],
};

impl AttributeKeys {
    pub(super) fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// The names of the settings of the runtime's builder.
    pub(super) fn settings(&self) -> impl Iterator<Item = &'static str> {
        let is_setting = |key: &&Key| matches!(key.form, KeyForm::Setting(_));
        self.keys.iter().filter(is_setting).map(|key| key.name)
    }
}

/// Whether the value of the key is a pattern, in every attribute that has it.
pub(super) fn is_pattern(name: &str) -> bool {
    let mut keys = ALL.iter().filter_map(|keys| keys.find(name));
    keys.any(|key| matches!(key.form, KeyForm::Pattern))
}

const fn setting(name: &'static str, form: ValueForm) -> Key {
    Key {
        name,
        form: KeyForm::Setting(form),
    }
}

const fn value(name: &'static str) -> Key {
    Key {
        name,
        form: KeyForm::Value,
    }
}

const fn pattern(name: &'static str) -> Key {
    Key {
        name,
        form: KeyForm::Pattern,
    }
}

const fn list(name: &'static str) -> Key {
    Key {
        name,
        form: KeyForm::List,
    }
}

const fn any_count(name: &'static str) -> Key {
    let (least, most, rule) = (0, u32::MAX, "");
    setting(name, ValueForm::Count { least, most, rule })
}

/// A count of at least one.
const fn count(name: &'static str, most: u32, rule: &'static str) -> Key {
    let least = 1;
    setting(name, ValueForm::Count { least, most, rule })
}

const fn any_time(name: &'static str) -> Key {
    setting(name, ValueForm::Time { above_zero: None })
}

const fn time(name: &'static str, rule: &'static str) -> Key {
    let above_zero = Some(rule);
    setting(name, ValueForm::Time { above_zero })
}
