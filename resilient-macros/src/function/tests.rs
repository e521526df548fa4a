//! Functions of every kind come apart into the right pieces, and nothing else is taken for one.

use super::*;
use crate::args::{Kind, Soup};
use crate::tokens::invisible;
use quote::quote;

fn split(item: TokenStream) -> Function {
    let shown = item.to_string();
    Function::parse(item, Kind::Retry)
        .unwrap_or_else(|errors| panic!("{shown}: {:?}", errors.messages()))
}

fn refused(item: TokenStream) -> Vec<String> {
    let shown = item.to_string();
    Function::parse(item, Kind::Retry)
        .map(|function| function.name)
        .expect_err(&shown)
        .messages()
}

fn text(tokens: Option<&TokenStream>) -> String {
    tokens.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_function_with_everything_comes_apart_into_its_pieces() {
    let function = split(quote! {
        /// Documented.
        #[inline]
        pub(in crate::a) async unsafe extern "C" fn call<'a, T: Fn(A) -> B, const N: usize>(
            &'a mut self, x: [u8; N], y: Foo<{ N + 1 }, T>,
        ) -> Result<Vec<T>, Box<dyn Fn(A) -> B>>
        where
            T: Into<Foo<{ N }>>,
            [(); { N }]: Sized,
        {
            body(self)
        }
    });
    assert_eq!(function.attrs.len(), 2);
    assert_eq!(
        function.vis.to_string(),
        quote!(pub(in crate::a)).to_string()
    );
    assert_eq!(
        function.qualifiers.to_string(),
        quote!(async unsafe extern "C").to_string()
    );
    assert!(function.asyncness.is_some());
    assert_eq!(function.fn_token, "fn");
    assert_eq!(function.name, "call");
    assert_eq!(
        function.generics.to_string(),
        quote!(<'a, T: Fn(A) -> B, const N: usize>).to_string()
    );
    assert_eq!(function.params.len(), 3);
    assert_eq!(text(function.arrow.as_ref()), "->");
    assert_eq!(
        text(function.output.as_ref()),
        quote!(Result<Vec<T>, Box<dyn Fn(A) -> B>>).to_string()
    );
    let clause = quote!(where T: Into<Foo<{ N }>>, [(); { N }]: Sized,);
    assert_eq!(function.where_clause.to_string(), clause.to_string());
    assert_eq!(
        function.body.map(|body| body.stream().to_string()),
        Some(quote!(body(self)).to_string())
    );
}

#[test]
fn the_shortest_function_is_one_too() {
    let function = split(quote!(
        fn f() {}
    ));
    assert!(
        function.vis.is_empty() && function.qualifiers.is_empty() && function.generics.is_empty()
    );
    assert!(
        function.arrow.is_none() && function.output.is_none() && function.where_clause.is_empty()
    );
    assert!(function.params.is_empty());
}

#[test]
fn a_return_type_ends_before_the_body_whatever_braces_it_has() {
    for output in [
        quote!(Foo<{ N + 1 }>),
        quote!([u8; { N }]),
        quote!(impl Future<Output = Result<A, B>> + Send + use<'a, T>),
        quote!(Pin<Box<dyn Future<Output = ()> + 'a>>),
        quote!(fn(A) -> B),
        quote!(<T as Trait<{ N }>>::Out),
        quote!(Option<!>),
    ] {
        assert_eq!(
            text(split(quote!(fn f() -> #output { x })).output.as_ref()),
            output.to_string()
        );
    }
}

#[test]
fn every_part_may_come_as_a_fragment_of_another_macro() {
    let vis = invisible(quote!(pub(crate)));
    let none = TokenStream::new();
    let output = invisible(quote!(Result<A, B>));
    let body = invisible(invisible(quote!({ x })));
    let function = split(quote!(#none #vis fn f(x: u8) -> #output #body));
    assert_eq!(function.vis.to_string(), quote!(pub(crate)).to_string());
    assert!(
        function
            .body
            .is_some_and(|body| body.delimiter() == proc_macro2::Delimiter::Brace)
    );
    assert_eq!(
        text(function.output.as_ref()).trim(),
        quote!(Result<A, B>).to_string()
    );
    let item = invisible(quote!(
        #[a]
        pub async fn g()
        where
            A: B,
        {
        }
    ));
    assert_eq!(split(quote!(#item)).name, "g");
}

#[test]
fn what_is_no_function_is_named() {
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
        ("let a = 1;", "a variable"),
        ("|a| b", "a closure"),
        ("move |a| b", "a closure"),
        ("async { b }", "a block"),
        ("foo();", "something else"),
        ("", "nothing"),
    ] {
        let expected = format!("`#[retry]` works on functions and methods: this is {what}");
        assert_eq!(refused(item.parse().expect("tokens")), [expected]);
    }
    let breaker = Function::parse(
        quote!(
            struct A;
        ),
        Kind::CircuitBreaker,
    )
    .map(|_| ())
    .expect_err("refused");
    assert!(breaker.messages()[0].starts_with("`#[circuit_breaker]` works"));
}

#[test]
fn a_function_that_no_attempt_can_repeat_is_refused_with_the_reason() {
    assert!(
        refused(quote!(
            const fn f() {}
        ))[0]
            .starts_with("a `const fn` cannot wait or keep state")
    );
    assert!(
        refused(quote!(
            fn f() -> ! {
                loop {}
            }
        ))[0]
            .starts_with("a function that never returns has no outcome")
    );
    let never = invisible(quote!((!)));
    assert!(
        refused(quote!(fn f() -> #never where A: B { loop {} }))[0]
            .starts_with("a function that never returns")
    );
    assert_eq!(refused(quote!(const fn f(u8) -> ! {})).len(), 3);
    assert_eq!(
        refused(quote!(
            async fn f(&self) -> A;
        )),
        [
            "`f` has no body to protect: put the attribute on the implementation, or give it a default body"
        ]
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
        assert!(!refused(item.clone()).is_empty(), "{item}");
    }
}

#[test]
fn no_input_makes_the_splitter_panic() {
    let words = [
        "fn", "fn", "pub", "async", "const", "unsafe", "extern", "where", "f", "self", "mut",
        "ref", "T", "x", "_", "struct", "retry", "r#fn", "box", "dyn", "impl",
    ];
    let mut soup = Soup::new(0xf00d, &words);
    let mut read = 0;
    for round in 0..6000 {
        let stream = soup.stream(3);
        let (params, tail) = (soup.stream(2), soup.stream(2));
        let item = if round % 2 == 0 {
            stream
        } else {
            quote!(#stream fn f(#params) #tail {})
        };
        match Function::parse(item, Kind::Retry) {
            Ok(function) => {
                read += 1;
                for param in &function.params {
                    if let Param::Typed(typed) = param {
                        typed.passing();
                    }
                }
            }
            Err(errors) => assert!(!errors.is_empty()),
        }
    }
    assert!(read > 0);
}
