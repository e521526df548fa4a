//! The table of all settings of breakers, retries, budgets and time limits, and of their rules.
//!
//! An entry has this form:
//!
//! ```text
//! /// Documentation of the method of the builder; the tables of the docs show the first sentence.
//! name: Form(range), default(value; "on what it depends"), reason("of the range"), advice("…");
//! ```
//!
//! A default has a value, words, or both. If it has words, the default depends on other settings,
//! and a function beside the entries computes it.

/// Passes the settings of a circuit breaker to the macro `callback`, after the tokens in `extra`.
#[macro_export]
macro_rules! breaker_settings {
    ($callback:ident $($extra:tt)*) => { $callback! { $($extra)*
        /// Opens the circuit after this many consecutive failures. A success ends the streak. If
        /// the dependency always fails a little, use a rate.
        // If the dependency mostly works, five consecutive failures are not a coincidence, and the
        // circuit still opens early in an outage.
        failure_threshold: Count(1..),
            default(5; "none if `failure_rate`, `failure_count` or `slow_call_rate` is given"),
            reason("it takes a failure to open, so at least 1"),
            advice("up where failures happen by chance, down where none does");
        /// How long consecutive failures must last to open the circuit, from the end of the first
        /// failure to the end of the failure that opens it. At zero, the circuit opens at the last
        /// of `failure_threshold` failures. Above zero, a single event that breaks many calls at
        /// once, such as a restart, does not open the circuit. The clock is then read at each
        /// failure.
        failure_span: Time, default(::std::time::Duration::ZERO; ""),
            advice("up where one event can break many calls in flight");
        /// The window over which rates and `failure_count` are computed: a number of last calls, or
        /// a time. Use calls for thin or bursty traffic, and time for steady traffic.
        // A million calls take a quarter of a megabyte. For a longer window, use a time.
        window: Window(..=1_000_000), default(; "none"),
            reason("the last 1 to 1000000 calls, or a time, as in `window = \"60s\"`"),
            advice("to judge by a rate or a count");
        /// The number of buckets in a window of time, which forgets one bucket at a time. More
        /// buckets forget more evenly and cost 24 bytes each.
        window_buckets: Count(1..=1_000), default(10; ""),
            reason("a window in time is divided into 1 to 1000 buckets"),
            advice("up where forgetting a tenth at once is too coarse");
        /// The minimum number of calls in the window before rates are evaluated.
        // A rate over fewer than ten calls has little meaning.
        min_calls: Count(1..), default(10; "or the window of calls if that is smaller"),
            reason("no calls have no rate, so at least 1"),
            advice("up where a few calls, just after a start, open the circuit by chance");
        /// Opens the circuit at this share of failures among the calls in the window.
        failure_rate: Share(positive), default(; "none"),
            advice("for dependencies that always fail a little");
        /// Opens the circuit at this many failures in the window, however many calls succeed.
        failure_count: Count(1..), default(; "none"),
            reason("it takes a failure to open, so at least 1"),
            advice("where each failure costs, whatever else succeeds");
        /// Counts a call that takes at least this long as slow, whether it succeeds, fails or
        /// hangs.
        slow_call: Time(positive), default(; "none"),
            reason("every call would be slow, so above zero"),
            advice("for dependencies that hang before they fail");
        /// Opens the circuit at this share of slow calls among the calls in the window.
        slow_call_rate: Share(positive), default(; "none"),
            advice("together with `slow_call`");
        /// How long the circuit stays open before a probe is admitted. At zero, the next call is
        /// the probe. At `Duration::MAX`, the circuit stays open until an operator closes it.
        // 30 seconds are enough to restart a process, and too short to call an operator.
        recovery_time: Time, default(::std::time::Duration::from_secs(30); ""),
            advice("to the time that the dependency takes to come back");
        /// The factor by which the recovery time grows each time that probes fail. When the circuit
        /// closes, the recovery time returns to its first value.
        recovery_factor: Factor, default(1.0; ""),
            advice("to 2 where outages are sometimes long");
        /// The longest recovery time. It also bounds the wait that the dependency itself asks for.
        // The limit keeps callers from avoiding a recovered dependency for an hour.
        max_recovery_time: Time,
            default(::std::time::Duration::from_secs(600); "or `recovery_time` if that is longer"),
            advice("to the time that you accept to wait once the dependency is well again");
        /// The longest random extension of the open time, as a share of the open time. It keeps
        /// many processes from probing at the same time.
        recovery_jitter: Share, default(0.0; ""),
            advice("to 0.1 or more where many processes call one dependency");
        /// The number of probes that may be in flight at a time.
        // More than 1024 concurrent probes are a load test.
        half_open_max_calls: Count(1..=1_024), default(1; ""),
            reason("a half-open circuit lets calls through, from 1 to 1024 at a time"),
            advice("up where one probe after the other takes too long");
        /// The number of probes that must succeed to close the circuit.
        half_open_successes: Count(1..), default(1; ""),
            reason("it takes a success to close, so at least 1"),
            advice("up where one success says little");
        /// The number of failed or slow probes that are tolerated. The next failed or slow probe
        /// opens the circuit again.
        half_open_failures: Count, default(0; ""),
            advice("up with the successes, where probes fail by chance");
        /// How long a probe holds its slot. After this time another caller may take the slot. Until
        /// another caller takes it, the probe's result still counts.
        probe_timeout: Time(positive),
            default(; "`recovery_time`, but at least 30s and at most 10m"),
            reason("every probe would be given up at once, so above zero"),
            advice("to a little more than a call may take");
        /// The outcome of a call that was cancelled: nothing, or a failure.
        abandoned: AbandonedOutcome("ignore", "failure"), default("ignore"; ""),
            advice("to `failure` where callers only go away because the dependency hangs");
        /// Whether the breaker remembers a short text about each of its last failures. Snapshots,
        /// events and logs show the texts. At `false` they show only when the failures happened.
        remember_errors: Flag, default(true; ""),
            advice("to `false` where the text of an error may contain a secret");
        /// The maximum number of keys that have a breaker at the same time, if each key has a
        /// separate breaker. A single breaker ignores this setting.
        // 10 000 keys take about 20 MB, a million take a few GB.
        max_keys: Count(1..=1_000_000), default(10_000; ""),
            reason("keys have breakers of their own, from 1 to 1000000 of them"),
            advice("to the number of tenants, hosts or shards, and some to spare");
    }};
}

/// Passes the settings of a retry policy to the macro `callback`, after the tokens in `extra`.
#[macro_export]
macro_rules! retry_settings {
    ($callback:ident $($extra:tt)*) => { $callback! { $($extra)*
        /// The maximum number of retries after the first attempt.
        // Four attempts outlast a short disturbance, and in an outage the load is at most four
        // times the demand.
        max_retries: Count, default(3; ""),
            advice("down where callers are impatient or retry themselves");
        /// The maximum number of attempts, including the first attempt. Use it in place of
        /// `max_retries`.
        max_attempts: Count(1..), default(; "`max_retries` + 1"),
            reason("the first call is an attempt too, so at least 1"),
            advice("where you think in attempts");
        /// How the delay grows from one retry to the next.
        backoff: Backoff("exponential", "constant", "linear", "fibonacci"),
            default("exponential"; ""),
            advice("to `constant` where you wait for an event that may come at any time");
        /// The nominal delay before the first retry. If it is zero, retries start at once and need
        /// no timer.
        ///
        /// Delays are whole nanoseconds; timers are less precise. Tokio's timers have ticks of one
        /// millisecond and round up, so a delay above zero never spins. The sleep of a thread ends
        /// late by the latency of the system's scheduler.
        // 100 ms is about the time that a lost packet or a restarted connection costs.
        base_delay: Time, default(::std::time::Duration::from_millis(100); ""),
            advice("to the time of a short disturbance");
        /// The longest delay, jitter included. Only a wait that the dependency asks for can be
        /// longer. `Duration::MAX` means no limit.
        // A caller should not wait longer, unless the dependency asks for a longer wait.
        max_delay: Time, default(::std::time::Duration::from_secs(10); ""),
            advice("down where a caller waits for the result");
        /// The factor by which an exponential delay grows each time.
        backoff_factor: Factor, default(2.0; ""),
            advice("down for more retries in the same time");
        /// How delays are spread at random, so that callers do not return together.
        jitter: Jitter("full", "equal", "decorrelated", "smooth", "none"), default("full"; ""),
            advice("see the table of `Jitter`");
        /// The longest wait that the dependency may ask for. If it asks for more, the call ends at
        /// once with its error.
        // If the dependency asks for more, the caller should come back later with a new call.
        max_retry_after: Time, default(::std::time::Duration::from_secs(60); ""),
            advice("up for jobs that may wait, down where a caller waits");
        /// The time for the whole call, attempts included. If the next delay would reach this time,
        /// the call ends at once. A running attempt is not cut short.
        max_elapsed: Time(positive), default(; "none"),
            reason("there would be no time for a retry, so above zero"),
            advice("to what the caller can wait");
        /// What the call does when its circuit breaker is open: it ends at once with the real
        /// error, or it waits until the breaker may admit a call. A wait is no attempt; a call
        /// waits at most `max_retries` times.
        when_open: WhenOpen("stop", "wait"), default("stop"; ""),
            advice("to `wait` for jobs that must succeed in the end");
        /// Whether the retry remembers a short text about each of its last failures. Snapshots,
        /// events and logs show the texts. At `false` they show only when the failures happened.
        remember_errors: Flag, default(true; ""),
            advice("to `false` where the text of an error may contain a secret");
    }};
}

/// Passes the settings of a retry budget to the macro `callback`, after the tokens in `extra`.
#[macro_export]
macro_rules! budget_settings {
    ($callback:ident $($extra:tt)*) => { $callback! { $($extra)*
        /// The most tokens that the bucket holds. A full bucket pays for `capacity / retry_cost`
        /// consecutive retries. This is the burst of one process at the start of an outage.
        // 500 tokens pay for a hundred retries at the default cost.
        capacity: Count(1..), default(500; ""),
            reason("a budget of no tokens pays for no retry, so at least 1"),
            advice("down to allow a smaller burst");
        /// The tokens that a retry takes from the bucket. A retry that succeeds returns them.
        // Once the bucket is empty, five successes pay for one retry: the load is a fifth above the
        // demand.
        retry_cost: Count(1..), default(5; "or the capacity if that is less"),
            reason("a retry that costs nothing is not limited, so at least 1"),
            advice("up for fewer retries per success");
        /// The tokens at the start, which pay for retries before the first success. A client
        /// without a success so far may retry `initial_tokens / retry_cost` times. If clients make
        /// few calls each, this setting decides the cost of an outage: for n calls that all fail,
        /// the load is 1 + `initial_tokens / retry_cost` / n times the demand.
        initial_tokens: Count, default(; "a tenth of the capacity, but enough for one retry"),
            advice("down where many clients live for a short time");
        /// The tokens that a call adds when it succeeds at its first attempt. If this is zero, only
        /// the initial tokens and the tokens that successful retries return pay for retries.
        deposit: Count, default(1; ""),
            advice("up for more retries per success");
    }};
}

/// Passes the time limits of a call to the macro `callback`, after the tokens in `extra`.
#[macro_export]
macro_rules! limit_settings {
    ($callback:ident $($extra:tt)*) => { $callback! { $($extra)*
        /// The time for the whole call. The running attempt is cancelled when the time is over. For
        /// a circuit breaker, the cancelled attempt is a failure if it was the first one, if it has
        /// no time limit itself, or if it ran as long as its limit; otherwise it is abandoned.
        deadline: Time(positive), default(; "none"),
            reason("every call would be cut off at once, so above zero"),
            advice("to what the caller can wait");
        /// The time for each attempt. An attempt that takes longer is cancelled and counts as
        /// failed. It is at most the `deadline`.
        attempt_timeout: Time(positive), default(; "none"),
            reason("every attempt would be cut off at once, so above zero"),
            advice("above what the dependency needs on a bad day");
        /// The time for the code below the attribute `timeout`.
        timeout: Time(positive), default(; "none"),
            reason("every call would be cut off at once, so above zero"),
            advice("above what the dependency needs on a bad day");
    }};
}

/// The settings of a circuit breaker.
pub mod breaker {
    use std::time::Duration;

    breaker_settings!(define {
        /// Returns the default of `probe_timeout`.
        #[must_use]
        pub const fn probe_timeout(recovery_time: super::Duration) -> super::Duration {
            let (least, most) = (super::Duration::from_secs(30), super::Duration::from_secs(600));
            if recovery_time.as_nanos() < least.as_nanos() {
                least
            } else if recovery_time.as_nanos() > most.as_nanos() {
                most
            } else {
                recovery_time
            }
        }
    });

    const NEEDS_WINDOW: &str = "needs a `window`: a number of calls or a time";
    const IN_WINDOW: &str = "`{subject}` is taken over a window: give one, as in `window = 100` \
                             calls or `window = \"60s\"`";
    const WINDOW_OF_TIME: &str = "needs a `window` of time";
    const WITHIN_WINDOW: &str = "must not be above the calls that `window` holds";
    const NEVER_HOLDS: &str = "a window of {other} never holds as many, so at most {other}";

    table! {
        max_recovery_time, AtLeast(recovery_time), "",
            "`max_recovery_time` is at least `recovery_time`";
        half_open_max_calls, AtMostSum(half_open_successes, half_open_failures),
            "must not be above `half_open_successes` and `half_open_failures` together",
            "more calls at a time decide nothing";
        failure_span,
            NeedsBeside(failure_threshold, &[failure_rate, failure_count, slow_call_rate]),
            "needs a `failure_threshold`, which is off by default beside a rate or a count",
            "`failure_span` is for consecutive failures, and `failure_threshold` is off by default \
             beside a rate or a count: give it too, as in `failure_threshold = 10`";
        min_calls, Needs(&[failure_rate, slow_call_rate]),
            "needs a `failure_rate` or `slow_call_rate`, which needs a `window`",
            "`min_calls` is for rates only: it needs a `failure_rate`, as in \
             `failure_rate = \"50%\"`, or a `slow_call_rate`";
        failure_rate, Needs(&[window]), NEEDS_WINDOW, IN_WINDOW;
        failure_count, Needs(&[window]), NEEDS_WINDOW, IN_WINDOW;
        slow_call_rate, Needs(&[window]), NEEDS_WINDOW, IN_WINDOW;
        window_buckets, Needs(&[window]), WINDOW_OF_TIME,
            "`window_buckets` divides a window in time: give one, as in `window = \"60s\"`";
        slow_call, Needs(&[slow_call_rate]), "needs a `slow_call_rate`",
            "`slow_call` alone opens nothing: give the share of slow calls that does, as in \
             `slow_call_rate = \"50%\"`";
        slow_call_rate, Needs(&[slow_call]),
            "needs a `slow_call`: from which time on a call is slow",
            "`slow_call_rate` does not say what is slow: give the time from which on a call is, \
             as in `slow_call = \"2s\"`";
        window_buckets, NeedsTime(window), WINDOW_OF_TIME,
            "`window_buckets` divides a window in time, and `window` is {other} calls: leave it \
             away, or give a time, as in `window = \"60s\"`";
        min_calls, AtMost(window), WITHIN_WINDOW, NEVER_HOLDS;
        failure_count, AtMost(window), WITHIN_WINDOW, NEVER_HOLDS;
    }
}

/// The settings of a retry policy.
pub mod retry {
    retry_settings!(define {});

    /// The jitters that replace the backoff: they determine how the delay grows.
    const SCHEDULES: &[&str] = &["decorrelated", "smooth"];
    const NOT_EXPONENTIAL: &[&str] = &["constant", "linear", "fibonacci", "custom"];
    const FACTOR: &str =
        "goes with exponential backoff only, and not with decorrelated or smooth jitter";

    table! {
        max_retries, Excludes(max_attempts),
            "must not be given together with `max_attempts`, which says the same",
            "one is the other plus the first call, so give one of them";
        // A custom backoff does not begin with the default base delay.
        max_delay, AtLeast(base_delay), "", "`max_delay` is at least `base_delay`",
            no_defaults_if (backoff, "custom");
        backoff_factor, NotWith { own: &[], other: backoff, words: NOT_EXPONENTIAL }, FACTOR,
            "`backoff_factor` works with `backoff = exponential` only: the other schedules do \
             not multiply";
        jitter, NotWith { own: SCHEDULES, other: backoff, words: NOT_EXPONENTIAL },
            "must not be `decorrelated` or `smooth` unless the backoff is exponential",
            "`jitter = {value}` works with `backoff = exponential` only: it has a growth of its \
             own";
        backoff_factor, NotWith { own: &[], other: jitter, words: SCHEDULES }, FACTOR,
            "`jitter = {other}` takes no `backoff_factor`: it has a growth of its own";
    }
}

/// The settings of a retry budget.
pub mod budget {
    budget_settings!(define {
        /// Returns the default of `initial_tokens`.
        #[must_use]
        pub const fn initial_tokens(capacity: u32, retry_cost: u32) -> u32 {
            let tenth = capacity / 10;
            if tenth < retry_cost { retry_cost } else { tenth }
        }
    });

    table! {
        retry_cost, AtMost(capacity), "", "a full bucket pays for one retry at least";
        initial_tokens, AtMost(capacity), "", "the bucket holds no more than that at the start";
    }
}

/// The time limits of a call.
pub mod limits {
    limit_settings!(define {});

    table! {
        attempt_timeout, AtMost(deadline), "",
            "the deadline is for all attempts, so `attempt_timeout` is at most that";
        timeout, AtMost(deadline), "",
            "the deadline is for all attempts, so a `timeout` below the retry is at most that";
    }
}
