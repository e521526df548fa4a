//! Tests the expansion of methods that `#[async_trait]` has rewritten. The attributes see such a
//! method where they stand below `#[async_trait]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::tests::{assert_snapshot, expand_all};
use crate::args::AttributeKind;

/// Writes a method as `#[async_trait]` rewrites `async fn send(&self, …) -> output { body }`.
fn rewritten(params: &TokenStream, output: &TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        fn send<'life0, 'async_trait>(&'life0 self, #params) -> ::core::pin::Pin<Box<
            dyn ::core::future::Future<Output = #output> + ::core::marker::Send + 'async_trait
        >>
        where
            'life0: 'async_trait,
            Self: 'async_trait
        {
            Box::pin(async move {
                if let ::core::option::Option::Some(__ret) =
                    ::core::option::Option::None::<#output>
                {
                    #[allow(unreachable_code)]
                    return __ret;
                }
                let __self = self;
                #body
                #[allow(unreachable_code)]
                __ret
            })
        }
    }
}

#[test]
fn the_body_of_a_rewritten_method_has_the_output_of_one_attempt() {
    let item = rewritten(
        &quote!(request: Request, limit: u32),
        &quote!(Result<Reply, RetryError<SendError>>),
        &quote! {
            let request = request;
            let limit = limit;
            let __ret: Result<Reply, RetryError<SendError>> = { __self.http.post(&request).await };
        },
    );
    let expanded = expand_all(AttributeKind::Retry, &quote!(errors = all), &item);
    assert_snapshot("async_trait/body", &expanded);
}

#[test]
fn the_key_of_a_breaker_names_parts_of_an_argument_that_the_rewritten_body_destructures() {
    let item = rewritten(
        &quote!(__arg1: (Host, Request), __arg2: Order),
        &quote!(Result<Reply, SendError>),
        &quote! {
            let (mut host, _request) = { let __arg1 = __arg1; __arg1 };
            let Order { id, .. } = { let __arg2 = __arg2; __arg2 };
            let __ret: Result<Reply, SendError> = { __self.at(host).post(_request, id).await };
        },
    );
    let expanded = expand_all(AttributeKind::CircuitBreaker, &quote!(key = &host.name), &item);
    assert_snapshot("async_trait/key", &expanded);
}
