//! Parameters of every kind, as they come out of the tokens.

use super::*;
use crate::tokens::invisible;
use quote::quote;

fn read(inside: TokenStream) -> Vec<Param> {
    let mut errors = Errors::default();
    let params = parse(inside, &mut errors);
    assert_eq!(errors.messages(), Vec::<String>::new());
    params
}

fn first_receiver(inside: TokenStream) -> Receiver {
    match read(inside).into_iter().next() {
        Some(Param::Receiver(receiver)) => receiver,
        other => panic!("no receiver: {other:?}"),
    }
}

fn all_typed(inside: TokenStream) -> Vec<Typed> {
    let typed = |param| match param {
        Param::Typed(typed) => typed,
        Param::Receiver(receiver) => panic!("a receiver: {receiver:?}"),
    };
    read(inside).into_iter().map(typed).collect()
}

#[test]
fn receivers_come_in_every_form() {
    assert!(matches!(
        first_receiver(quote!(&self)).kind,
        ReceiverKind::Ref
    ));
    assert!(matches!(
        first_receiver(quote!(&'a self, x: u8)).kind,
        ReceiverKind::Ref
    ));
    assert!(matches!(
        first_receiver(quote!(&mut self,)).kind,
        ReceiverKind::RefMut
    ));
    assert!(matches!(
        first_receiver(quote!(&'_ mut self)).kind,
        ReceiverKind::RefMut
    ));
    assert!(matches!(
        first_receiver(quote!(self)).kind,
        ReceiverKind::Value
    ));
    let mutable = first_receiver(quote!(#[cfg(all())] mut self));
    assert!(matches!(mutable.kind, ReceiverKind::Value));
    assert!(mutable.mut_token.is_some() && mutable.attrs.len() == 1);
    assert!(first_receiver(quote!(&mut self)).mut_token.is_none());
    let typed = first_receiver(quote!(mut self: Pin<&mut Self>));
    assert!(typed.mut_token.is_some());
    assert!(
        matches!(typed.kind, ReceiverKind::Typed(ty) if ty.to_string() == quote!(Pin<&mut Self>).to_string())
    );
}

#[test]
fn patterns_are_split_from_types_whatever_commas_and_colons_they_hold() {
    let params = all_typed(quote! {
        #[cfg(feature = "x")] mut a: HashMap<K, V>, Point { x, y: z }: Point, [p, q]: [u8; N], f: impl Fn(A, B) -> C,
        (s, t): (S, T), path::Wrap(w): path::Wrap<{ N + 1 }, Vec<Vec<u8>>>, g: Box<dyn Fn(A) -> Result<B, C>>, _: u8,
    });
    let bound: Vec<Vec<String>> = params
        .iter()
        .map(|param| {
            param
                .bindings
                .iter()
                .map(|binding| binding.ident.to_string())
                .collect()
        })
        .collect();
    assert_eq!(
        bound,
        [
            vec!["a"],
            vec!["x", "z"],
            vec!["p", "q"],
            vec!["f"],
            vec!["s", "t"],
            vec!["w"],
            vec!["g"],
            vec![]
        ]
    );
    assert_eq!(params[0].attrs.len(), 1);
    assert_eq!(
        params[3].ty.to_string(),
        quote!(impl Fn(A, B) -> C).to_string()
    );
    assert_eq!(
        params[5].ty.to_string(),
        quote!(path::Wrap<{ N + 1 }, Vec<Vec<u8>>>).to_string()
    );
}

#[test]
fn fragments_of_other_macros_are_seen_through() {
    let (pattern, ty) = (invisible(quote!(x)), invisible(quote!(&mut T)));
    let params = all_typed(quote!(#pattern: #ty));
    assert_eq!(params[0].passing(), Passing::Exclusive);
    let whole = invisible(quote!(x: u8));
    assert_eq!(all_typed(quote!(#whole))[0].bindings.len(), 1);
}

#[test]
fn a_type_tells_how_its_argument_comes() {
    for (ty, expected) in [
        (quote!(String), Passing::Owned),
        (quote!(Option<&str>), Passing::Owned),
        (quote!(&str), Passing::Shared),
        (quote!(&'a [u8]), Passing::Shared),
        (quote!(&&mut T), Passing::Shared),
        (quote!(&mut T), Passing::Exclusive),
        (quote!(&'a mut T), Passing::Exclusive),
        (quote!((&'static mut T)), Passing::Exclusive),
        (quote!((&T)), Passing::Shared),
        (quote!((&T,)), Passing::Owned),
        (quote!((&T, &U)), Passing::Owned),
        (quote!(()), Passing::Owned),
        (quote!(*const T), Passing::Owned),
    ] {
        assert_eq!(passing(&ty), expected, "{ty}");
    }
}

#[test]
fn what_is_no_parameter_is_refused() {
    for inside in [
        quote!(u8),
        quote!(x:),
        quote!(: u8),
        quote!(a: u8,,),
        quote!(,),
        quote!(#[a]),
        quote!(a: u8, self),
    ] {
        let mut errors = Errors::default();
        parse(inside.clone(), &mut errors);
        assert_eq!(errors.messages().len(), 1, "{inside}");
    }
}
