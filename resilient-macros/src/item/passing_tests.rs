//! Tests how arguments and receivers of each type are passed.

use super::*;
use crate::fuzz_tokens::invisible;
use quote::quote;

#[test]
fn a_receiver_is_passed_as_it_is_written() {
    for (receiver, expected) in [
        (quote!(&self), PassingMode::Shared),
        (quote!(&'a self), PassingMode::Shared),
        (quote!(&mut self), PassingMode::Exclusive),
        (quote!(&'_ mut self), PassingMode::Exclusive),
        (quote!(self), PassingMode::Owned),
        (quote!(mut self), PassingMode::Owned),
        (quote!(mut self: Pin<&mut Self>), PassingMode::Pinned),
        (quote!(self: Box<Self>), PassingMode::Owned),
        (quote!(self: &Arc<Self>), PassingMode::Shared),
    ] {
        let parsed: Receiver = syn::parse2(receiver.clone()).expect("a receiver");
        assert_eq!(receiver_passing(&parsed), expected, "{receiver}");
    }
}

#[test]
fn the_type_of_an_argument_decides_how_it_is_passed() {
    for (ty, expected) in [
        (quote!(String), PassingMode::Owned),
        (quote!(Option<&str>), PassingMode::Owned),
        (quote!(&str), PassingMode::Shared),
        (quote!(&'a [u8]), PassingMode::Shared),
        (quote!(&&mut T), PassingMode::Shared),
        (quote!(&mut T), PassingMode::Exclusive),
        (quote!(&'a mut T), PassingMode::Exclusive),
        (quote!((&'static mut T)), PassingMode::Exclusive),
        (quote!((&T)), PassingMode::Shared),
        (quote!((&T,)), PassingMode::Owned),
        (quote!((&T, &U)), PassingMode::Owned),
        (quote!(()), PassingMode::Owned),
        (quote!(*const T), PassingMode::Owned),
        (quote!(Pin<&mut T>), PassingMode::Pinned),
        (quote!(std::pin::Pin<&'a mut T>), PassingMode::Pinned),
        (quote!(Pin<&T>), PassingMode::Owned),
        (quote!(Option<&mut T>), PassingMode::OptionalExclusive),
        (quote!(::core::option::Option<&'a mut (dyn T + 'a)>), PassingMode::OptionalExclusive),
        (quote!(Option<Pin<&mut T>>), PassingMode::OptionalPinned),
        (quote!(Option<Option<&mut T>>), PassingMode::Owned),
        (quote!(Option), PassingMode::Owned),
        (quote!(Result<&mut T, E>), PassingMode::Owned),
        (quote!(Pin<Box<T>>), PassingMode::Owned),
        (invisible(quote!(&mut T)), PassingMode::Exclusive),
    ] {
        let parsed: Type = syn::parse2(ty.clone()).expect("a type");
        assert_eq!(passing(&parsed), expected, "{ty}");
    }
}
