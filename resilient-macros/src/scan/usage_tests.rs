//! Tests which code counts as a borrow, and that doubtful code counts as a move.

use super::*;
use crate::fuzz_tokens::FuzzTokens;
use crate::fuzz_tokens::invisible;
use proc_macro2::Span;
use quote::quote;

fn of(body: &TokenStream) -> ArgumentUse {
    usage(body, &Ident::new("x", Span::call_site()))
}

#[test]
fn other_names_do_not_count_as_uses() {
    for body in [
        quote!(),
        quote!(f(y).x),
        quote!(self.x.len()),
        quote!(y.x()),
        quote!(x::f(module::x)),
        quote!('x: loop {
            break 'x;
        }),
        quote!(Point { x: 1, y: 2 }),
        quote!(Point { y: 2, x: 1 }),
        quote!("x" + 'x'),
    ] {
        assert_eq!(of(&body), ArgumentUse::Unused, "{body}");
    }
}

#[test]
fn plain_shared_borrows_are_borrows() {
    for body in [
        quote!(f(&x)),
        quote!(f(a, &x, b)),
        quote!(let y = &x;),
        quote!(&x),
        quote!(return &x;),
        quote!(f(&x.name, &x.0, &x[1].name)),
        quote!(for y in &x {
            f(y)
        }),
        quote!(if y == &x {
            a
        }),
        quote!(if &x == y && &x != z || a {
            b
        }),
        quote!(match &x {
            A => b,
        }),
        quote!(Point { x: &x, y: &x }),
        quote!([&x, &x]),
        quote!(a.send(&x).await?),
        quote!(|| f(&x)),
        quote!(async { f(&x).await }),
        quote!(match y {
            A if y == &x => &x,
            _ => &x,
        }),
        quote!(vec![&x]),
        quote!(a + &x),
        quote!(a & &x),
        quote!(&x.f),
        quote!(f(x[0])),
        quote!(let y = x[0];),
        quote!(x[y].method()),
        quote!(x[y][z].method().await?),
        quote!(x.name[1] + x.0[y]),
        quote!(*x[0]),
        quote!(|| x[0]),
        quote!(format!("{}", x[0])),
    ] {
        assert_eq!(of(&body), ArgumentUse::Borrowed, "{body}");
    }
}

#[test]
fn formatting_macros_borrow_their_arguments() {
    for body in [
        quote!(format!("{}", x)),
        quote!(println!("{} {}", a, x.name)),
        quote!(println!("{y}", y = x)),
        quote!(write!(f, "{}", x)?),
        quote!(panic!("{x}")),
        quote!(log::info!("{x:?}")),
        quote!(f(g("{:>x$}"))),
        quote!(panic!("{}", x)),
        quote!(assert!(y, "{}", x)),
        quote!(assert!(y, "{x}")),
        quote!(debug_assert!(y, "{}", x)),
        quote!(assert_eq!(x, y)),
        quote!(debug_assert_ne!(y, x, "{}", x)),
        quote!(unreachable!("{}", x)),
        quote!(todo!("{}", x)),
        quote!(format!("{}", &x)),
    ] {
        assert_eq!(of(&body), ArgumentUse::Borrowed, "{body}");
    }
    for body in [
        quote!(format!("{}", x.len())),
        quote!(format!("{}", f(x))),
        quote!(format!("{}", x[g(x)])),
        quote!(write!(x, "{}", 1)),
        quote!(assert!(x)),
        quote!(panic!(x)),
        quote!(assert!(y, x)),
        quote!(debug_assert!(y, x,)),
        quote!(matches!(x, y)),
        quote!(std::println!("{}", x)),
        quote!(info!("{}", x)),
        quote!(custom!(&x)),
        quote!(dbg!(x)),
    ] {
        assert_eq!(of(&body), ArgumentUse::Moved, "{body}");
    }
}

#[test]
fn doubtful_code_counts_as_a_move() {
    for body in [
        quote!(x),
        quote!(f(x)),
        quote!(drop(x);),
        quote!(x.len()),
        quote!(f(&mut x)),
        quote!(f(&raw const x)),
        quote!(f(&&x)),
        quote!(a && x),
        quote!(a & x),
        quote!(f(a) & x),
        quote!(1 & x),
        quote!(a? & x),
        quote!(a.await & x),
        quote!({ a } & x),
        quote!(F::<T> & x),
        quote!(f(&x.name())),
        quote!(f(&x.name::<T>())),
        quote!(f(&x())),
        quote!(f(&x.await)),
        quote!(f(&x?)),
        quote!(f(&x as Y)),
        quote!(a..x),
        quote!(Point { ..x }),
        quote!(Point { x }),
        quote!(let x = &x;),
        quote!(x = y;),
        quote!(*x),
        quote!(f(&x); f(x)),
        quote!(let y: T = x),
        quote!(Some(&x) + x),
        quote!(r#x),
        quote!(y[x]),
        quote!(x[x]),
        quote!(x.f()[0]),
        quote!(x()[0]),
        quote!((x)[0]),
        quote!(x.await[0]),
        quote!(x?[0]),
        quote!([x][0]),
        quote!(custom!(x[0])),
    ] {
        assert_eq!(of(&body), ArgumentUse::Moved, "{body}");
    }
}

#[test]
fn a_capture_by_move_is_a_move_whatever_is_done_inside() {
    for body in [
        quote!(move || f(&x)),
        quote!(move || x[0]),
        quote!(async move { f(&x) }),
        quote!(async move { { println!("{x}") } }),
        quote!(Box::pin(async move { [&x] })),
        quote!(spawn(move |a, b| g::<A, B>(&x))),
        quote!(move || println!("{}", x)),
        quote!(move || -> T { f(&x) }),
        quote!(let g = move |y| y + f(&x);),
    ] {
        assert_eq!(of(&body), ArgumentUse::Moved, "{body}");
    }
    assert_eq!(of(&quote!(let g = move |y| y; f(&x))), ArgumentUse::Borrowed);
    assert_eq!(of(&quote!(async move { y }; f(&x))), ArgumentUse::Borrowed);
}

#[test]
fn invisible_groups_are_seen_through() {
    let variable = invisible(quote!(x));
    assert_eq!(of(&quote!(f(&#variable))), ArgumentUse::Borrowed);
    assert_eq!(of(&quote!(f(#variable))), ArgumentUse::Moved);
    let operand = invisible(quote!(a));
    assert_eq!(of(&quote!(f(#operand & x))), ArgumentUse::Moved);
    assert_eq!(of(&invisible(quote!({ f(&x) }))), ArgumentUse::Borrowed);
}

#[test]
fn no_input_makes_the_scan_panic_and_a_bare_variable_in_front_is_never_overlooked() {
    let words = [
        "x", "x", "y", "move", "async", "println", "format", "self", "await", "if", "return",
        "use", "pub", "impl",
    ];
    let mut fuzz = FuzzTokens::new(0xcafe, &words);
    let x = Ident::new("x", Span::call_site());
    let mut seen = [0_usize; 3];
    for _ in 0..6000 {
        let body = fuzz.stream(3);
        let found = usage(&body, &x);
        seen[found as usize] += 1;
        assert_eq!(usage(&quote!(drop(x); #body), &x), ArgumentUse::Moved);
        super::super::self_in_format_string(&body);
        super::super::rename_self(body, &x);
    }
    assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
}
