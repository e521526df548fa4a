//! The code of the recipes in `docs/recipes`, each with tests that its page is right.
//!
//! Code between `// excerpt: recipe` and `// end excerpt` is shown in the page of the same name.

#![allow(clippy::unused_async, reason = "the calls that the reader puts in need to be awaited")]
#![allow(unused_variables, reason = "the calls that the reader puts in use the arguments")]

mod dependency;

mod admin_endpoint;
mod alarms_and_metrics_from_events;
mod anyhow_and_boxed_errors;
mod arguments_that_are_not_clone;
mod breaker_in_a_struct;
mod breaker_per_host;
mod classify_errors_once;
mod deadline_for_several_calls;
mod error_of_every_attempt;
mod errors_of_other_crates;
mod failures_inside_ok;
mod fallback_source;
mod fallback_value;
mod functions_that_are_not_async;
mod honour_retry_after;
mod log_retries;
mod methods_of_traits;
mod methods_with_mut_self;
mod number_of_the_attempt;
mod one_breaker_for_several_functions;
mod retry_only_some_errors;
mod settings_from_configuration;
mod share_a_retry_budget;
mod tests_without_waiting;
mod time_limits_for_a_call;
mod try_settings_in_production;
mod wait_for_an_open_circuit;
mod what_a_rejected_call_returns;
mod without_attributes;
