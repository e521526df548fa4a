//! The names of annotated functions, and functions that are given a policy.

use std::cell::Cell;

use resilient::retries::{NamedRetry, StopReason};
use resilient::{Registry, RetryPolicy, retry};

use crate::support::retry::at_once;

const NAME: &str = "r15 by a constant";

#[retry(name = "r15 by text", max_retries = 1, base_delay = "0s")]
fn by_text() -> Option<()> {
    None
}

#[retry(name = NAME, max_retries = 1, base_delay = "0s")]
fn by_constant() -> Option<()> {
    None
}

#[retry(max_retries = 1, base_delay = "0s")]
fn by_path() -> Option<()> {
    None
}

struct Client<T>(T);

impl<T> Client<T> {
    #[retry(max_retries = 1, base_delay = "0s")]
    async fn method(&self) -> Option<()> {
        let _ = &self.0;
        None
    }
}

fn attempts(name: &str) -> u64 {
    let retry = Registry::global().get_retry(name);
    retry.unwrap_or_else(|| panic!("`{name}` is not registered")).snapshot().counts.attempts
}

#[tokio::test]
async fn r15_a_function_has_the_given_name_or_its_path() {
    assert!(Registry::global().get_retry("r15 by text").is_none());
    assert_eq!((by_text(), by_constant(), by_path()), (None, None, None));
    assert_eq!((Client(1).method().await, Client("").method().await), (None, None));
    assert_eq!((attempts("r15 by text"), attempts(NAME)), (2, 2));
    let here = module_path!();
    assert_eq!(attempts(&format!("{here}::by_path")), 2);
    // All instances of a generic function have one static, and so one name.
    assert_eq!(attempts(&format!("{here}::Client::method")), 4);
}

#[test]
fn r15_functions_of_one_path_have_the_place_in_their_names() {
    fn call(which: bool) {
        if which {
            #[retry(max_retries = 0)]
            fn twin() -> Option<()> {
                None
            }
            twin();
        } else {
            #[retry(max_retries = 0)]
            fn twin() -> Option<()> {
                None
            }
            twin();
        }
    }
    call(true);
    call(false);
    call(false);
    let names = Registry::global().retries();
    let names: Vec<_> =
        names.iter().map(NamedRetry::name).filter(|it| it.contains("twin")).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[1].starts_with(names[0]) && names[1].contains("sites.rs:"), "{names:?}");
    assert_eq!((attempts(names[0]), attempts(names[1])), (1, 2));
}

#[test]
fn r15_functions_of_one_given_name_share_counts_and_keep_their_settings() {
    #[retry(name = "r15 shared", max_retries = 1, base_delay = "0s")]
    fn once(calls: &Cell<u32>) -> Option<()> {
        calls.set(calls.get() + 1);
        None
    }
    #[retry(name = "r15 shared", max_retries = 4, base_delay = "0s")]
    fn often(calls: &Cell<u32>) -> Option<()> {
        calls.set(calls.get() + 1);
        None
    }
    let calls = Cell::new(0);
    once(&calls);
    assert_eq!(calls.replace(0), 2);
    often(&calls);
    assert_eq!(calls.replace(0), 5);
    assert_eq!(attempts("r15 shared"), 7);

    Registry::global().override_retry("r15 shared", RetryPolicy::builder().max_retries(0)).unwrap();
    once(&calls);
    often(&calls);
    assert_eq!(calls.replace(0), 2);
    Registry::global().clear_retry_override("r15 shared").unwrap();
    often(&calls);
    assert_eq!(calls.replace(0), 5);
}

#[test]
fn r15_a_given_policy_runs_under_the_name_of_the_function_and_a_named_one_under_its_own() {
    #[retry(name = "r15 given", policy = policy)]
    fn plain(policy: &RetryPolicy) -> Option<()> {
        let _ = policy;
        None
    }
    #[retry(name = "r15 not used", policy = retry)]
    fn named(retry: &NamedRetry) -> Option<()> {
        let _ = retry;
        None
    }
    plain(&at_once(2));
    assert_eq!(attempts("r15 given"), 3);
    let retry = at_once(1).named("r15 own");
    named(&retry);
    let counts = retry.snapshot().counts;
    assert_eq!((counts.attempts, counts.give_ups.of(StopReason::Exhausted)), (2, 1));
    assert!(Registry::global().get_retry("r15 own").is_none());
    assert!(Registry::global().get_retry("r15 not used").is_none());
}

#[test]
fn r15_settings_that_each_call_evaluates_run_under_the_name() {
    #[retry(name = "r15 evaluated", max_retries = most, base_delay = "0s")]
    fn call(most: u32) -> Option<()> {
        None
    }
    call(1);
    call(3);
    assert_eq!(attempts("r15 evaluated"), 2 + 4);
    Registry::global()
        .override_retry("r15 evaluated", RetryPolicy::builder().max_retries(2))
        .unwrap();
    call(9);
    assert_eq!(attempts("r15 evaluated"), 2 + 4 + 3);
}

#[test]
fn r15_a_setting_that_each_call_gives_is_not_shown_as_the_default_of_the_library() {
    #[retry(name = "r15 as in each call", max_retries = most, base_delay = "0s")]
    fn call(most: u32) -> Option<()> {
        None
    }
    call(0);
    let shown = |setting: &str| {
        let retry = Registry::global().get_retry("r15 as in each call").unwrap();
        retry.snapshot().settings_with_origin.get(setting).unwrap().to_string()
    };
    for setting in ["max_retries", "base_delay", "jitter", "deadline"] {
        let text = shown(setting);
        let start = format!("{setting} = as in each call by code at ");
        assert!(text.starts_with(&start) && text.contains("sites.rs:"), "{text}");
    }
    assert_eq!(shown("max_attempts"), "max_attempts = none by default of the library");
    let twice = RetryPolicy::builder().max_retries(2);
    Registry::global().override_retry("r15 as in each call", twice).unwrap();
    assert_eq!(shown("max_retries"), "max_retries = 2 by [retries.\"r15 as in each call\"]");
    assert!(shown("jitter").starts_with("jitter = as in each call by code at "));
    Registry::global().clear_retry_override("r15 as in each call").unwrap();
    // As soon as code declares a policy under the name, its settings are shown.
    let _ = Registry::global().get_or_register_retry("r15 as in each call", at_once(7));
    assert!(shown("max_retries").starts_with("max_retries = 7 by code at "));
}
