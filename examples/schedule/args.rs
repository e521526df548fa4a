//! Reads the command line.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use resilient::retries::{Backoff, Jitter, RetryPolicyBuilder};
use resilient::settings::parse_duration;
use resilient::{ConfigError, RetryPolicy};

pub(crate) const HELP: &str = "\
Draws the delays of a retry policy, and the worst case of a call.

cargo run --example schedule -- [OPTION VALUE]...

  --base TIME               delay before the first retry             100ms
  --backoff NAME            exponential, constant, linear, fibonacci exponential
  --factor NUMBER           growth of exponential delays, at least 1 2
  --max TIME                the longest delay                        10s
  --jitter NAME             full, equal, none, decorrelated, smooth,
                            or a proportion as in 0.2 or 20%         full
  --retries NUMBER          retries after the first attempt          7
  --max-elapsed TIME        no delay may end later than this         none
  --attempt-timeout TIME    longest attempt, for the worst case      none
  --seed NUMBER             seed of the random numbers               1
  --draws NUMBER            calls to draw, up to 100000              2000
  --help                    print this text

The right column holds the defaults. Write times as 250us, 100ms, 10s, 2m or
\"1m 30s\". In the drawing, half of the calls have slept at most `total`.
";

const OPTIONS: [&str; 11] = [
    "--base",
    "--backoff",
    "--factor",
    "--max",
    "--jitter",
    "--retries",
    "--max-elapsed",
    "--attempt-timeout",
    "--seed",
    "--draws",
    "--help",
];

const MOST_DRAWS: u32 = 100_000;

/// The request that the command line makes.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "the program has one value of this type")]
pub(crate) enum Asked {
    Help,
    Schedule(Request),
}

/// A policy, and the options for drawing it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) settings: RetryPolicyBuilder,
    /// The checked settings.
    pub(crate) policy: RetryPolicy,
    /// The policy in words.
    pub(crate) title: String,
    pub(crate) retries: u32,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) seed: u64,
    pub(crate) draws: u32,
}

/// Reads the arguments that follow the program's name.
pub(crate) fn read(args: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut args = args.into_iter();
    let mut settings = RetryPolicy::builder();
    let (mut base, mut max) = ("100ms".to_owned(), "10s".to_owned());
    let (mut backoff, mut factor, mut jitter) = ("exponential".to_owned(), None, "full".to_owned());
    let (mut retries, mut seed, mut draws) = (7, 1, 2_000);
    let mut attempt_timeout = None;
    while let Some(arg) = args.next() {
        let (option, value) = match arg.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
            None => (arg, None),
        };
        if option == "--help" || option == "-h" {
            return Ok(Asked::Help);
        }
        if !OPTIONS.contains(&option.as_str()) {
            return Err(unknown(&option));
        }
        let value = value.or_else(|| args.next());
        let value = value.ok_or_else(|| format!("`{option}` needs a value"))?;
        match option.as_str() {
            "--base" => {
                settings = settings.base_delay(duration(&option, &value)?);
                base = value;
            }
            "--max" => {
                settings = settings.max_delay(duration(&option, &value)?);
                max = value;
            }
            "--backoff" => {
                settings = settings.backoff(backoff_named(&value)?);
                backoff = value;
            }
            "--jitter" => {
                settings = settings.jitter(jitter_named(&value)?);
                jitter = value;
            }
            "--factor" => {
                settings = settings.backoff_factor(number(&option, &value, "a number, as in 1.5")?);
                factor = Some(value);
            }
            "--max-elapsed" => settings = settings.max_elapsed(duration(&option, &value)?),
            "--attempt-timeout" => attempt_timeout = Some(duration(&option, &value)?),
            "--retries" => retries = number(&option, &value, "a whole number")?,
            "--seed" => seed = number(&option, &value, "a whole number")?,
            _ => draws = number(&option, &value, "a whole number")?,
        }
    }
    if !(1..=MOST_DRAWS).contains(&draws) {
        return Err(format!("`--draws` is {draws}: must be 1 to {MOST_DRAWS}"));
    }
    let settings = settings.max_retries(retries);
    let policy = settings.build().map_err(|error| by_option(&error))?;
    let title = title(&policy, [&backoff, &base, &max, &jitter], factor.as_deref());
    Ok(Asked::Schedule(Request { settings, policy, title, retries, attempt_timeout, seed, draws }))
}

fn title(
    policy: &RetryPolicy,
    [backoff, base, max, jitter]: [&str; 4],
    factor: Option<&str>,
) -> String {
    let jitter = match jitter {
        "none" => "no jitter".to_owned(),
        share if share.starts_with(|c: char| c.is_ascii_digit()) => format!("jitter of {share}"),
        name => format!("{name} jitter"),
    };
    if jitter.starts_with("decorrelated") || jitter.starts_with("smooth") {
        return format!("{jitter} from {base} up to {max}");
    }
    let grows = policy.nominal_delay(2) != policy.nominal_delay(1);
    let by = match (backoff, factor) {
        ("exponential", factor) if grows || factor.is_some() => {
            format!(" by {}", factor.unwrap_or("2"))
        }
        _ => String::new(),
    };
    format!("{backoff} from {base}{by} up to {max}, {jitter}")
}

fn unknown(option: &str) -> String {
    let stem = option.trim_start_matches('-');
    let start: String = stem.chars().take(2).collect();
    let alike = |known: &&str| !start.is_empty() && known[2..].starts_with(&start);
    match OPTIONS.into_iter().find(alike) {
        Some(known) => format!("`{option}` is not an option; did you mean `{known}`?"),
        None => format!("`{option}` is not an option"),
    }
}

/// Formats an error of a setting with the name of the setting's option.
fn by_option(error: &ConfigError) -> String {
    let option = match error.field() {
        "base_delay" => "--base",
        "max_delay" => "--max",
        "backoff_factor" => "--factor",
        "max_elapsed" => "--max-elapsed",
        "jitter" => "--jitter",
        field => field,
    };
    format!("`{option}`: {error}")
}

fn duration(option: &str, value: &str) -> Result<Duration, String> {
    parse_duration(value).map_err(|error| {
        format!("`{option} {value}` is not a duration, as in 100ms, 10s or 2m: {error}")
    })
}

fn number<N: FromStr<Err: Display>>(option: &str, value: &str, what: &str) -> Result<N, String> {
    let number = value.replace('_', "").parse();
    number.map_err(|error| format!("`{option} {value}` is not {what}: {error}"))
}

fn backoff_named(name: &str) -> Result<Backoff, String> {
    name.parse().map_err(|error| format!("`--backoff {name}`: {error}"))
}

fn jitter_named(name: &str) -> Result<Jitter, String> {
    if let Ok(share) = name.parse() {
        return Ok(Jitter::Proportional(share));
    }
    name.parse().map_err(|error| format!("`--jitter {name}`: {error}"))
}
