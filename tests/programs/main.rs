//! Programs that must compile and pass, one module each. If a program denies warnings, it must also
//! compile without warnings.
//!
//! Programs that must not compile are in the package `resilient-ui-tests`.

#![deny(future_incompatible, non_ascii_idents)]
#![allow(clippy::all, forbidden_lint_groups)]

#[allow(unused, private_interfaces)]
mod arguments_of_every_kind;
#[allow(unused, private_interfaces)]
mod arguments_that_async_trait_moves_are_lent;
#[allow(unused, private_interfaces)]
mod arrays_of_opaque_types;
#[allow(unused, private_interfaces)]
mod async_methods_of_native_traits;
#[allow(unused, private_interfaces)]
mod async_trait_futures_that_stay_on_their_thread;
#[allow(unused, private_interfaces)]
mod async_trait_methods_by_default;
#[allow(unused, private_interfaces)]
mod async_trait_methods_of_impls;
#[allow(unused, private_interfaces)]
mod axum_handlers;
#[allow(unused, private_interfaces)]
mod axum_middleware_and_tower_services;
#[allow(unused, private_interfaces)]
mod blanket_trait_of_the_user_with_methods_of_the_expansion;
#[allow(unused, private_interfaces)]
mod bodies_from_macro_rules;
#[allow(unused, private_interfaces)]
mod body_begins_with_an_inner_attribute;
#[rustfmt::skip]
pub mod body_on_one_line_raises_no_lint;
#[allow(unused, private_interfaces)]
mod boxed_futures_of_different_types_in_one_body;
#[allow(unused, private_interfaces)]
mod boxed_futures_under_every_name;
pub mod breaker_above_a_retry_may_be_meant;
#[allow(unused, private_interfaces)]
mod breaker_of_a_generic_function_is_one_for_all_instances;
#[allow(unused, private_interfaces)]
mod classes_of_errors_from_every_source;
#[allow(unused, private_interfaces)]
mod concurrent_calls_share_one_breaker;
#[allow(unused, private_interfaces)]
mod conditions_on_everything;
#[allow(unused, private_interfaces)]
mod conditions_within_conditions;
pub mod derive_beside_other_attributes_and_in_macros;
pub mod derive_raises_no_lint;
pub mod derive_under_no_implicit_prelude;
mod derived_conversions_of_rejections_and_time_limits;
#[allow(unused, private_interfaces)]
mod documentation_inside_a_body;
#[allow(unused, private_interfaces)]
mod every_error_under_async_trait;
pub mod every_shape_of_function_raises_no_lint;
#[allow(unused, private_interfaces)]
mod exclusive_references_inside_other_arguments;
#[allow(unused, private_interfaces)]
mod failed_output_that_is_not_send_is_gone_before_the_sleep;
#[allow(unused, private_interfaces)]
mod fallbacks_on_every_kind_of_function;
#[allow(unused, private_interfaces)]
mod flow_in_the_body_stays_in_the_body;
#[allow(unused, private_interfaces)]
mod flow_of_every_kind_in_async_bodies;
pub mod forbid_unsafe_code;
pub mod foreign_errors_classified_by_functions;
#[allow(unused, private_interfaces)]
mod functions_stand_anywhere;
#[allow(unused, private_interfaces)]
mod functions_that_return_futures;
#[allow(unused, private_interfaces)]
mod functions_with_every_qualifier;
#[allow(unused, private_interfaces)]
mod futures_are_as_sendable_as_their_bodies;
#[allow(unused, private_interfaces)]
mod futures_made_by_statements;
#[allow(unused, private_interfaces)]
mod futures_made_by_statements_from_exclusive_references;
#[allow(unused, private_interfaces)]
mod futures_that_must_be_send_are;
#[allow(unused, private_interfaces)]
mod generics_of_every_kind;
pub mod indexed_arguments_are_lent;
#[allow(unused, private_interfaces)]
mod items_of_the_user_with_names_of_the_prelude;
#[allow(unused, private_interfaces)]
mod items_of_the_user_with_names_of_variables;
pub mod keys_beside_other_attributes;
pub mod keys_of_every_type;
pub mod keys_of_parts_under_async_trait;
pub mod keys_on_every_kind_of_function;
#[allow(unused, private_interfaces)]
mod lifetimes_of_every_kind;
pub mod lints_of_the_user_are_raised_as_without_attributes;
#[allow(unused, private_interfaces)]
mod macro_rules_produce_annotated_functions;
#[allow(unused, private_interfaces)]
mod macros_of_others_in_the_body;
#[allow(unused, private_interfaces)]
mod methods_of_traits;
#[allow(unused, private_interfaces)]
mod names_from_macro_rules;
#[allow(unused, private_interfaces)]
mod names_of_breakers_by_default;
#[allow(unused, private_interfaces)]
mod names_of_the_expansion_are_free;
#[allow(unused, private_interfaces)]
mod nested_calls_of_async_trait_methods;
#[allow(unused, private_interfaces)]
mod no_implicit_prelude;
#[allow(unused, private_interfaces)]
mod opaque_futures_and_what_they_capture;
#[allow(unused, private_interfaces)]
mod opaque_types_in_arguments;
#[allow(unused, private_interfaces)]
mod opaque_types_in_outputs;
mod optional_exclusive_arguments;
#[allow(unused, private_interfaces)]
mod other_attributes_stand_beside_ours;
#[allow(unused, private_interfaces)]
mod outputs_are_coerced_as_in_any_function;
#[allow(unused, private_interfaces)]
mod outputs_judged_by_predicates;
#[allow(unused, private_interfaces)]
mod owned_self_that_the_body_only_borrows_need_not_be_clone;
#[allow(unused, private_interfaces)]
mod parentheses_around_an_opaque_type_raise_no_lint;
#[allow(unused, private_interfaces)]
mod patterns_behind_an_exclusive_reference;
#[allow(unused, private_interfaces)]
mod patterns_in_arguments;
mod patterns_of_errors_of_every_type;
#[allow(unused, private_interfaces)]
mod pinned_argument_reaches_every_attempt;
#[allow(unused, private_interfaces)]
mod pinned_receiver_reaches_every_attempt;
#[allow(unused, private_interfaces)]
mod plain_functions_and_methods_in_both_orders;
mod predicates_that_name_arguments;
#[allow(unused, private_interfaces)]
mod receivers_of_every_kind;
#[allow(unused, private_interfaces)]
mod recursion_in_async_functions;
#[allow(unused, private_interfaces)]
mod rejected_calls_of_every_kind_of_function;
#[allow(unused, private_interfaces)]
mod results_under_every_alias;
#[allow(unused, private_interfaces)]
mod return_types_of_every_kind;
#[allow(unused, private_interfaces)]
mod self_by_exclusive_reference_in_async_methods;
#[allow(unused, private_interfaces)]
mod self_by_shared_reference_in_async_methods;
#[allow(unused, private_interfaces)]
mod self_by_value_and_in_pointers;
#[allow(unused, private_interfaces)]
mod self_in_format_strings;
#[allow(unused, private_interfaces)]
mod self_pinned_and_not_unpin;
#[allow(unused, private_interfaces)]
mod settings_of_every_form;
#[allow(unused, private_interfaces)]
mod statics_of_the_expansion_are_hidden;
pub mod time_limits_and_fallbacks_raise_no_lint;
#[allow(unused, private_interfaces)]
mod time_limits_on_every_kind_of_function;
#[allow(unused, private_interfaces)]
mod tracing_instrument_above_between_and_below;
#[allow(unused, private_interfaces)]
mod tracing_instrument_on_async_trait_methods;
#[allow(unused, private_interfaces)]
mod tracing_instrument_on_opaque_futures;
#[allow(unused, private_interfaces)]
mod trait_variants_with_sendable_futures;
#[allow(unused, private_interfaces)]
mod traits_of_the_user_with_methods_of_the_expansion;
#[allow(unused, private_interfaces)]
mod windows_of_every_form;
