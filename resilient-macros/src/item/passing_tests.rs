//! How arguments and receivers are passed, by their types.

use super::*;
use crate::tokens::invisible;
use quote::quote;

#[test]
fn a_receiver_is_passed_as_it_is_written() {
    for (receiver, expected) in [
        (quote!(&self), Passing::Shared),
        (quote!(&'a self), Passing::Shared),
        (quote!(&mut self), Passing::Exclusive),
        (quote!(&'_ mut self), Passing::Exclusive),
        (quote!(self), Passing::Owned),
        (quote!(mut self), Passing::Owned),
        (quote!(mut self: Pin<&mut Self>), Passing::Pinned),
        (quote!(self: Box<Self>), Passing::Owned),
        (quote!(self: &Arc<Self>), Passing::Shared),
    ] {
        let parsed: Receiver = syn::parse2(receiver.clone()).expect("a receiver");
        assert_eq!(receiver_passing(&parsed), expected, "{receiver}");
    }
}

#[test]
fn a_type_tells_how_its_argument_is_passed() {
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
        (quote!(Pin<&mut T>), Passing::Pinned),
        (quote!(std::pin::Pin<&'a mut T>), Passing::Pinned),
        (quote!(Pin<&T>), Passing::Owned),
        (quote!(Pin<Box<T>>), Passing::Owned),
        (invisible(quote!(&mut T)), Passing::Exclusive),
    ] {
        let parsed: Type = syn::parse2(ty.clone()).expect("a type");
        assert_eq!(passing(&parsed), expected, "{ty}");
    }
}
