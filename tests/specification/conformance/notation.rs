//! Parses the notation of the scripts into steps. `README.md` describes the notation.

use std::time::Duration;

use resilient::breaker::{BreakerConfigBuilder, CircuitState, OperatorMode};
use resilient::{BreakerConfig, ConfigError};

/// How an admitted call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Failure,
    Ignored,
    Panicked,
    Cancelled,
}

/// An operation by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByHand {
    Open,
    OpenFor(Duration),
    HalfOpen,
    Close,
    Reset,
    /// Holds the breaker in a state, either for this time or without an end.
    Hold(OperatorMode, Option<Duration>),
}

/// One condition of a `{…}` token, which the runner checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    Counted(u64),
    Failed(u64),
    Succeeded(u64),
    Ignored(u64),
    Slow(u64),
    /// The failure rate in percent, or −1 if there are fewer calls than `min_calls`.
    Rate(i64),
    Streak(u32),
    /// A condition on the window at the last opening.
    Last(Box<Claim>),
    RejectedInState(u64),
    UntilProbe(Duration),
    /// The time until the present state ends.
    EndsIn(Duration),
    TimesOpened(u64),
    /// All transitions in the notation, such as `C>O,O>H`.
    Transitions(String),
}

/// One token of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Call { times: u32, end: End, took: Duration },
    Rejected { times: u32 },
    Start(String),
    Finish(String, End),
    Wait(Duration),
    Is(CircuitState),
    Claims(Vec<Claim>),
    ByHand { what: ByHand, refused: bool },
}

/// Splits a script into tokens. Text between braces forms one token.
pub(crate) fn tokens(script: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_braces = false;
    for word in script.split_whitespace() {
        match tokens.last_mut() {
            Some(open) if in_braces => {
                open.push(' ');
                open.push_str(word);
            }
            _ => tokens.push(word.to_owned()),
        }
        in_braces = match (word.contains('{'), word.contains('}')) {
            (_, true) => false,
            (true, false) => true,
            (false, false) => in_braces,
        };
    }
    tokens
}

/// Parses one token.
pub(crate) fn step(token: &str) -> Result<Step, String> {
    let unreadable = || format!("`{token}` is not a token of the notation");
    if let Some(claims) = token.strip_prefix('{') {
        let claims = claims.strip_suffix('}').ok_or_else(unreadable)?;
        return claims.split_whitespace().map(claim).collect::<Result<_, _>>().map(Step::Claims);
    }
    if let Some(time) = token.strip_prefix('+') {
        return duration(time).map(Step::Wait);
    }
    if let Some(state) = token.strip_prefix('=') {
        return state_of(state).map(Step::Is).ok_or_else(unreadable);
    }
    if let Some(name) = token.strip_prefix('>') {
        return Ok(Step::Start(name.to_owned()));
    }
    if let Some(what) = token.strip_prefix('@') {
        return by_hand(what).ok_or_else(unreadable);
    }
    if let Some((name, how)) = token.split_once(':') {
        let end = end_of(how).ok_or_else(unreadable)?;
        return Ok(Step::Finish(name.to_owned(), end));
    }
    let (how, rest) = token.split_at_checked(1).ok_or_else(unreadable)?;
    let (times, took) = match rest.split_once('(') {
        Some((times, took)) => {
            let took = took.strip_suffix(')').ok_or_else(unreadable)?;
            (times, duration(took)?)
        }
        None => (rest, Duration::ZERO),
    };
    let times = match times {
        "" => 1,
        times => times.parse().map_err(|_| unreadable())?,
    };
    if how == "R" && took.is_zero() {
        return Ok(Step::Rejected { times });
    }
    let end = end_of(how).ok_or_else(unreadable)?;
    Ok(Step::Call { times, end, took })
}

/// The configuration of a script.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) breaker: BreakerConfig,
    /// The number of calls from which on the breaker evaluates a rate.
    pub(crate) min_calls: u64,
}

/// Parses a configuration.
pub(crate) fn settings(config: &str) -> Result<Settings, String> {
    let mut builder = BreakerConfig::builder().recovery_time(Duration::from_secs(60));
    let (mut held, mut is_full, mut has_rate) = (u32::MAX, false, false);
    let mut min_calls = 1;
    for pair in config.split_whitespace() {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| format!("`{pair}` is no `key=value`"))?;
        builder = match key {
            "consec" => builder.failure_threshold(number(value)?),
            "span" => builder.failure_span(duration(value)?),
            "count" => {
                held = number(value)?;
                builder.window(held)
            }
            "full" => {
                is_full = number::<u32>(value)? == 1;
                builder
            }
            "window" => builder.window(duration(value)?),
            "buckets" => builder.window_buckets(number(value)?),
            "nfail" => builder.failure_count(number(value)?),
            "rate" => {
                has_rate = true;
                builder.failure_rate(percent(value)?)
            }
            "min" => {
                min_calls = number(value)?;
                builder
            }
            "slow" => builder.slow_call(duration(value)?),
            "slowrate" => {
                has_rate = true;
                builder.slow_call_rate(percent(value)?)
            }
            "open" => builder.recovery_time(duration(value)?),
            "openmul" => builder.recovery_factor(number(value)?),
            "openmax" => builder.max_recovery_time(duration(value)?),
            "lease" => builder.probe_timeout(duration(value)?),
            "half" => half_open(builder, value)?,
            _ => return Err(format!("`{key}` is not a key of the notation")),
        };
    }
    if is_full {
        min_calls = held;
    }
    if has_rate {
        min_calls = min_calls.min(held);
        builder = builder.min_calls(min_calls);
    }
    let breaker = builder.build().map_err(|error: ConfigError| error.to_string())?;
    Ok(Settings { breaker, min_calls: min_calls.into() })
}

/// Parses the value of `half`: `n`, `m/n` or `fail:m/n`.
fn half_open(builder: BreakerConfigBuilder, value: &str) -> Result<BreakerConfigBuilder, String> {
    let below = || format!("`half={value}` asks for more than there are");
    let (calls, successes, failures) = if let Some(ratio) = value.strip_prefix("fail:") {
        let (m, n) = ratio_of(ratio)?;
        let successes = n.checked_sub(m).ok_or_else(below)? + 1;
        (n, successes, m.checked_sub(1).ok_or_else(below)?)
    } else if value.contains('/') {
        let (m, n) = ratio_of(value)?;
        (n, m, n.checked_sub(m).ok_or_else(below)?)
    } else {
        let n = number(value)?;
        (n, n, 0)
    };
    Ok(builder
        .half_open_max_calls(calls)
        .half_open_successes(successes)
        .half_open_failures(failures))
}

fn ratio_of(text: &str) -> Result<(u32, u32), String> {
    let (m, n) = text.split_once('/').ok_or_else(|| format!("`{text}` is no `m/n`"))?;
    Ok((number(m)?, number(n)?))
}

fn claim(pair: &str) -> Result<Claim, String> {
    let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is no `key=value`"))?;
    if let Some(of_last) = pair.strip_prefix("last.") {
        return match claim(of_last)? {
            claim @ (Claim::Counted(_)
            | Claim::Failed(_)
            | Claim::Succeeded(_)
            | Claim::Slow(_)
            | Claim::Rate(_)
            | Claim::Streak(_)) => Ok(Claim::Last(Box::new(claim))),
            _ => Err(format!("`{key}` is not a value of a window")),
        };
    }
    Ok(match key {
        "n" => Claim::Counted(number(value)?),
        "f" => Claim::Failed(number(value)?),
        "s" => Claim::Succeeded(number(value)?),
        "x" => Claim::Ignored(number(value)?),
        "slow" => Claim::Slow(number(value)?),
        "rate" => Claim::Rate(number(value)?),
        "cf" => Claim::Streak(number(value)?),
        "np" => Claim::RejectedInState(number(value)?),
        "ra" => Claim::UntilProbe(duration(value)?),
        "end" => Claim::EndsIn(duration(value)?),
        "opened" => Claim::TimesOpened(number(value)?),
        "ev" => Claim::Transitions(value.to_owned()),
        _ => return Err(format!("`{key}` is not a condition")),
    })
}

fn by_hand(what: &str) -> Option<Step> {
    let (what, refused) = match what.strip_suffix('!') {
        Some(what) => (what, true),
        None => (what, false),
    };
    let (what, time) = match what.split_once('(') {
        Some((what, time)) => (what, Some(duration(time.strip_suffix(')')?).ok()?)),
        None => (what, None),
    };
    let what = match (what, time) {
        ("open", None) => ByHand::Open,
        ("open", Some(time)) => ByHand::OpenFor(time),
        ("half", None) => ByHand::HalfOpen,
        ("close", None) => ByHand::Close,
        ("reset", None) => ByHand::Reset,
        ("force", time) => ByHand::Hold(OperatorMode::ForcedOpen, time),
        ("disable", time) => ByHand::Hold(OperatorMode::Disabled, time),
        ("metrics", time) => ByHand::Hold(OperatorMode::ObserveOnly, time),
        _ => return None,
    };
    Some(Step::ByHand { what, refused })
}

fn end_of(how: &str) -> Option<End> {
    Some(match how {
        "S" => End::Success,
        "F" => End::Failure,
        "I" => End::Ignored,
        "P" => End::Panicked,
        "X" => End::Cancelled,
        _ => return None,
    })
}

fn state_of(short: &str) -> Option<CircuitState> {
    STATES.iter().find(|(_, name)| *name == short).map(|(state, _)| *state)
}

/// Returns the label of a state in the notation.
pub(crate) fn short(state: CircuitState) -> &'static str {
    STATES.iter().find(|(each, _)| *each == state).map_or("?", |(_, name)| name)
}

const STATES: [(CircuitState, &str); 6] = [
    (CircuitState::Closed, "C"),
    (CircuitState::Open, "O"),
    (CircuitState::HalfOpen, "H"),
    (CircuitState::ForcedOpen, "FO"),
    (CircuitState::Disabled, "D"),
    (CircuitState::ObserveOnly, "M"),
];

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

fn percent(text: &str) -> Result<f64, String> {
    number::<f64>(text).map(|percent| percent / 100.0)
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(digits);
    let count: u64 = number(count)?;
    let seconds = match unit {
        "ms" => return Ok(Duration::from_millis(count)),
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(format!("`{text}` has no unit of time")),
    };
    Ok(Duration::from_secs(count * seconds))
}
