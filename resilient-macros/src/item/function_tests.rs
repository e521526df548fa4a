//! Tests that functions are read and written unchanged, and that other items are rejected.

use super::*;
use crate::fuzz_tokens::FuzzTokens;
use crate::fuzz_tokens::invisible;
use quote::quote;

fn split(item: &TokenStream) -> AnnotatedFunction {
    let shown = item.to_string();
    AnnotatedFunction::read(item, AttributeKind::Retry)
        .unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(item: &TokenStream) -> Vec<String> {
    let shown = item.to_string();
    AnnotatedFunction::read(item, AttributeKind::Retry)
        .map(|function| function.signature.ident)
        .expect_err(&shown)
        .messages()
}

#[test]
fn a_function_is_written_as_it_was_read() {
    let attributes = quote!(#[doc = "Documented."] #[inline]);
    let rest = quote! {
        pub(in crate::a) default async unsafe extern "C" fn call<'a, T: Fn(A) -> B, const N: usize>(
            &'a mut self,
            #[cfg(x)] x: [u8; N],
            y: Foo<{ N + 1 }, T>
        ) -> Result<Vec<T>, Box<dyn Fn(A) -> B> >
        where
            T: Into<Foo<{ N }> >,
            [(); { N }]: Sized,
        {
            this is no Rust at all
        }
    };
    let function = split(&quote!(#attributes #rest));
    assert_eq!(function.attrs.len(), 2);
    assert!(function.is_async() && function.receiver().is_some());
    assert_eq!(function.params().count(), 2);
    let whole = function.with_body(&function.signature, &function.body.to_token_stream());
    assert_eq!(whole.to_string(), quote!(#attributes #rest).to_string());
    let other = function.with_attributes(&quote!(#[other]));
    assert_eq!(other.to_string(), quote!(#[other] #rest).to_string());
}

#[test]
fn the_shortest_function_is_one_too() {
    let function = split(&quote!(
        fn f() {}
    ));
    assert!(function.output().is_none() && function.receiver().is_none());
    assert!(!function.is_async() && function.params().next().is_none());
}

#[test]
fn every_part_may_come_as_a_fragment_of_another_macro() {
    let vis = invisible(quote!(pub(crate)));
    let none = TokenStream::new();
    let output = invisible(quote!(Result<A, B>));
    let body = invisible(invisible(quote!({ x })));
    let function = split(&quote!(#none #vis fn f(x: u8) -> #output #body));
    assert_eq!(function.vis.to_token_stream().to_string(), quote!(pub(crate)).to_string());
    assert_eq!(function.body.delimiter(), Delimiter::Brace);
    assert_eq!(function.output().to_token_stream().to_string().trim(), "Result < A , B >");
    let item = invisible(quote!(
        #[a]
        pub async fn g()
        where
            A: B,
        {
        }
    ));
    assert_eq!(split(&quote!(#item)).signature.ident, "g");
}

#[test]
fn the_error_about_another_item_says_what_the_item_is() {
    for (item, what) in [
        ("struct A;", "a struct"),
        ("pub enum A {}", "an enum"),
        ("union A {}", "a union"),
        ("unsafe impl A for B {}", "an `impl` block"),
        ("pub trait A {}", "a trait"),
        ("unsafe auto trait A {}", "a trait"),
        ("mod a {}", "a module"),
        ("pub(crate) use a::b;", "an import"),
        ("static A: u8 = 1;", "a static"),
        ("const A: u8 = 1;", "a constant"),
        ("type A = B;", "a type alias"),
        ("macro_rules! a { () => {} }", "a macro"),
        ("extern crate a;", "an `extern crate`"),
        ("extern \"C\" { fn f(); }", "an `extern` block"),
        ("let a = 1;", "something else"),
        ("async { b }", "something else"),
        ("foo();", "something else"),
        ("", "nothing"),
    ] {
        let expected = format!("`#[retry]` works on functions and methods: this is {what}");
        assert_eq!(refused(&item.parse().expect("tokens")), [expected]);
    }
    let breaker = AnnotatedFunction::read(
        &quote!(
            struct A;
        ),
        AttributeKind::CircuitBreaker,
    )
    .map(|_| ())
    .expect_err("refused");
    assert!(breaker.messages()[0].starts_with("`#[circuit_breaker]` works"));
}

#[test]
fn a_function_that_no_attempt_can_repeat_is_refused_with_the_reason() {
    assert!(
        refused(&quote!(
            const fn f() {}
        ))[0]
            .starts_with("a `const fn` cannot wait or keep state")
    );
    assert!(
        refused(&quote!(
            fn f() -> ! {
                loop {}
            }
        ))[0]
            .starts_with("a function that never returns has no outcome")
    );
    let never = invisible(quote!((!)));
    assert!(
        refused(&quote!(fn f() -> #never where A: B { loop {} }))[0]
            .starts_with("a function that never returns")
    );
    assert_eq!(
        refused(&quote!(
            const fn f(a: u8) -> ! {}
        ))
        .len(),
        2
    );
    assert_eq!(
        refused(&quote!(
            async fn f(&self) -> A;
        )),
        ["`f` has no body to protect: put the attribute on the implementation, or give it a \
             default body"]
    );
}

#[test]
fn half_a_function_is_refused() {
    for item in [
        quote!(fn),
        quote!(fn {}),
        quote!(fn f {}),
        quote!(fn f<T() {}),
        quote!(fn f()),
        quote!(fn f() -> {}),
        quote!(fn f() ->),
        quote!(fn f() = 3),
        quote!(
            fn f() {}
            fn g() {}
        ),
        quote!(pub),
        "#".parse().expect("tokens"),
        quote!(#[a]),
    ] {
        assert!(!refused(&item).is_empty(), "{item}");
    }
}

#[test]
fn no_input_makes_the_splitter_panic() {
    let words = [
        "fn", "fn", "pub", "async", "const", "unsafe", "extern", "where", "f", "self", "mut",
        "ref", "T", "x", "_", "struct", "retry", "r#fn", "box", "dyn", "impl",
    ];
    let mut fuzz = FuzzTokens::new(0xf00d, &words);
    let mut read = 0;
    for round in 0..6000 {
        let stream = fuzz.stream(3);
        let (params, tail) = (fuzz.stream(2), fuzz.stream(2));
        let item = if round % 2 == 0 { stream } else { quote!(#stream fn f(#params) #tail {}) };
        match AnnotatedFunction::read(&item, AttributeKind::Retry) {
            Ok(function) => {
                read += 1;
                for param in function.params() {
                    crate::item::passing(&param.ty);
                }
            }
            Err(errors) => assert!(!errors.is_empty()),
        }
    }
    assert!(read > 0);
}
