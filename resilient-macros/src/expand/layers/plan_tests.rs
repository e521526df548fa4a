//! Tests which layers the limits surround, where arguments are prepared, and which layers report to
//! the layers above.

use quote::quote;

use super::*;
use crate::args::OuterAttribute;
use proc_macro2::{Span, TokenStream};

/// Plans an asynchronous stack. Each letter stands for a layer: `f` is a fallback, `r` a retry, `R`
/// a retry with limits, `b` a breaker and `t` a timeout.
fn plan(stack: &str) -> StackPlan {
    StackPlan::new(&layers(stack), true, true)
}

fn layers(stack: &str) -> LayerStack {
    let layer = |letter| match letter {
        'f' => (AttributeKind::Fallback, quote!(value = 1, order = explicit)),
        'r' => (AttributeKind::Retry, quote!()),
        'R' => (AttributeKind::Retry, quote!(deadline = "1s")),
        'b' => (AttributeKind::CircuitBreaker, quote!()),
        _ => (AttributeKind::Timeout, quote!("1s")),
    };
    let mut outer: Vec<OuterAttribute> = stack
        .chars()
        .map(layer)
        .map(|(kind, args): (AttributeKind, TokenStream)| OuterAttribute {
            kind,
            args,
            span: Span::call_site(),
        })
        .collect();
    let lowest = outer.pop().expect("a layer");
    LayerStack::parse(&outer, lowest.kind, lowest.args).expect("correct")
}

#[test]
fn c02_the_retrys_limits_are_inside_the_breaker_below_it() {
    for (stack, limit) in [
        ("R", Some(1)),
        ("Rb", Some(2)),
        ("bR", Some(2)),
        ("fRbt", Some(3)),
        ("Rtb", Some(3)),
        ("Rfb", Some(3)),
        ("tRf", Some(2)),
        ("rbt", None),
    ] {
        assert_eq!(plan(stack).limit, limit, "{stack}");
    }
}

#[test]
fn the_mark_of_an_attempt_is_next_to_the_body_so_that_it_needs_no_block() {
    for (stack, mark) in [
        ("r", Some(1)),
        ("rb", Some(2)),
        ("rt", Some(1)),
        ("rbt", Some(2)),
        ("tr", Some(2)),
        ("rtb", Some(3)),
        ("R", None),
        ("bt", None),
    ] {
        assert_eq!(plan(stack).mark, mark, "{stack}");
    }
}

#[test]
fn b18_the_permit_surrounds_the_body_and_all_that_waits_below_the_breaker() {
    for (stack, within) in [
        ("b", Some(1)),
        ("rb", Some(2)),
        ("bt", Some(2)),
        ("fRbt", Some(4)),
        ("br", Some(1)),
        ("btr", Some(1)),
        ("bf", Some(1)),
        ("rbf", Some(2)),
        ("R", None),
    ] {
        assert_eq!(plan(stack).within, within, "{stack}");
    }
    for (stack, waits, body_waits, is_here) in
        [("b", false, false, true), ("rb", true, false, true), ("bR", true, false, false)]
    {
        let plan = StackPlan::new(&layers(stack), waits, body_waits);
        assert_eq!(plan.calls_end_where_they_begin(), is_here, "{stack}");
    }
}

#[test]
fn arguments_are_prepared_below_the_layers_that_use_them_again() {
    for (stack, place) in [
        ("r", 1),
        ("rbt", 2),
        ("rtb", 1),
        ("tr", 2),
        ("trb", 3),
        ("ft", 1),
        ("tf", 2),
        ("Rf", 2),
        ("Rbf", 3),
        ("fRt", 2),
        ("br", 2),
        ("bft", 2),
    ] {
        let plan = plan(stack);
        let places: Vec<usize> = (0..=stack.len()).filter(|at| plan.prepares_at(*at)).collect();
        assert_eq!(places, [place], "{stack}");
    }
}

#[test]
fn only_retries_and_breakers_above_a_time_limit_learn_that_it_ended_an_attempt() {
    for (stack, readers) in [
        ("t", ""),
        ("ft", ""),
        ("tr", ""),
        ("rt", "r"),
        ("bt", "b"),
        ("rbt", "rb"),
        ("btr", "b"),
        ("rtb", "r"),
        ("Rb", "Rb"),
        ("bR", "bR"),
        ("bfR", "bR"),
        ("tbr", ""),
    ] {
        let plan = plan(stack);
        let found: String = stack
            .chars()
            .enumerate()
            .filter(|(at, _)| plan.reads_cut(*at))
            .map(|(_, letter)| letter)
            .collect();
        assert_eq!(found, readers, "{stack}");
        let declared = (0..stack.len()).filter(|at| plan.declares_cut(*at));
        assert_eq!(declared.count(), usize::from(!readers.is_empty()), "{stack}");
    }
}

#[test]
fn r09_a_variable_reports_a_rejection_only_through_other_layers() {
    for (stack, tells) in [("rb", false), ("br", false), ("rtb", true), ("rfb", true)] {
        assert_eq!(plan(stack).tells_rejection(), tells, "{stack}");
    }
    assert!(plan("rfb").tells_rejection_through(1));
    assert!(!plan("frtb").tells_rejection_through(0));
}
