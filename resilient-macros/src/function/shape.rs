//! How a function waits: as an `async fn`, by returning a future, or by blocking its thread.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::Function;
use crate::tokens::{flatten, group, ident, is_operator, is_punct, is_word, skip_angles};

#[derive(Debug)]
pub(crate) enum Shape {
    /// `async fn`
    Async,
    /// Everything that is no future, as far as the return type tells.
    Plain,
    /// A function that returns a future, as `#[async_trait]` writes it.
    Future(Future),
}

#[derive(Debug)]
pub(crate) struct Future {
    /// `Pin<Box<dyn Future>>` under whatever name, rather than `impl Future`.
    pub(crate) boxed: bool,
    /// What the future resolves to.
    pub(crate) output: TokenStream,
    /// What is inside `async move { … }` or `Box::pin(async move { … })`, where the body is nothing else.
    pub(crate) block: Option<Group>,
}

impl Function {
    pub(crate) fn shape(&self) -> Shape {
        if self.asyncness.is_some() {
            return Shape::Async;
        }
        let output = self.output.clone().map(flatten).unwrap_or_default();
        match future(&output) {
            None => Shape::Plain,
            Some((boxed, output)) => Shape::Future(Future {
                boxed,
                output,
                block: self
                    .body
                    .as_ref()
                    .and_then(|body| async_block(&flatten(body.stream()))),
            }),
        }
    }
}

/// Whether the type is a future, perhaps boxed, and of what.
fn future(ty: &[TokenTree]) -> Option<(bool, TokenStream)> {
    let angles = ty.iter().position(|token| is_punct(Some(token), '<'))?;
    let (path, arguments) = ty.split_at(angles);
    let opaque = is_word(path.first(), "impl");
    if !opaque && !path.iter().all(is_path_token) {
        return None;
    }
    let end = |open| skip_angles(ty, open)?.checked_sub(1);
    let type_name = path.last();
    let alias = is_word(type_name, "BoxFuture") || is_word(type_name, "LocalBoxFuture");
    if alias && !opaque {
        let end = end(angles)?;
        // Behind the lifetime.
        let comma = ty.iter().position(|token| is_punct(Some(token), ','))?;
        return Some((true, ty.get(comma + 1..end)?.iter().cloned().collect()));
    }
    let boxed =
        is_word(type_name, "Pin") && arguments.iter().any(|token| is_word(Some(token), "Box"));
    if !opaque && !boxed {
        return None;
    }
    let future = (0..ty.len()).find(|at| {
        is_word(ty.get(*at), "Future")
            && is_punct(ty.get(at + 1), '<')
            && is_word(ty.get(at + 2), "Output")
            && is_punct(ty.get(at + 3), '=')
    })?;
    // A function that returns a future is none.
    let behind_arrow = (0..future).any(|at| is_operator(ty, at, '-', '>'));
    let output = ty.get(future + 4..end(future + 1)?)?;
    (!behind_arrow).then(|| (boxed, output.iter().cloned().collect()))
}

fn is_path_token(token: &TokenTree) -> bool {
    is_punct(Some(token), ':') || matches!(token, TokenTree::Ident(ident) if ident != "dyn")
}

/// The block of `async { … }`, `async move { … }`, or `Box::pin` of one, if that is all there is.
fn async_block(body: &[TokenTree]) -> Option<Group> {
    let pinned = body.iter().position(|token| is_word(Some(token), "pin"));
    if let Some(pin) = pinned {
        let path = &body[..pin];
        let owner = path.iter().rev().find(|token| ident(Some(token)).is_some());
        if path.iter().all(is_path_token) && is_word(owner, "Box") && body.len() == pin + 2 {
            let inner = group(body.get(pin + 1), Delimiter::Parenthesis)?;
            return async_block_alone(&flatten(inner.stream()));
        }
    }
    async_block_alone(body)
}

fn async_block_alone(tokens: &[TokenTree]) -> Option<Group> {
    let moved = usize::from(is_word(tokens.get(1), "move"));
    let is_all = is_word(tokens.first(), "async") && tokens.len() == 2 + moved;
    is_all
        .then(|| group(tokens.get(1 + moved), Delimiter::Brace).cloned())
        .flatten()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::args::Kind;

    fn shape(item: TokenStream) -> Shape {
        Function::parse(item, Kind::Retry).unwrap().shape()
    }

    /// Boxed or not, the output, and what is in the block.
    fn returned(item: TokenStream) -> Option<(bool, String, Option<String>)> {
        match shape(item) {
            Shape::Future(future) => Some((
                future.boxed,
                future.output.to_string(),
                future.block.map(|block| block.stream().to_string()),
            )),
            Shape::Async | Shape::Plain => None,
        }
    }

    #[test]
    fn async_functions_and_plain_ones_are_told_apart() {
        assert!(matches!(
            shape(quote!(
                async fn f() -> Result<(), E> {}
            )),
            Shape::Async
        ));
        for plain in [
            quote!(
                fn f() {}
            ),
            quote!(
                fn f() -> Result<u8, E> {}
            ),
            quote!(
                fn f() -> Option<Pin<Box<u8>>> {}
            ),
            quote!(
                fn f() -> impl Iterator<Item = u8> {}
            ),
            quote!(
                fn f() -> Pin<Box<u8>> {}
            ),
            quote!(
                fn f() -> Box<dyn Fn() -> BoxFuture<'static, u8>> {}
            ),
            quote!(
                fn f() -> impl Fn() -> BoxFuture<'static, u8> {}
            ),
            quote!(
                fn f() -> impl Fn() -> Pin<Box<dyn Future<Output = u8>>> {}
            ),
        ] {
            assert!(matches!(shape(plain.clone()), Shape::Plain), "{plain}");
        }
    }

    #[test]
    fn functions_that_return_futures_are_seen_with_their_output() {
        for (item, expected) in [
            (
                quote!(
                    fn f() -> impl Future<Output = Result<u8, E>> + Send + '_ {
                        async move { x }
                    }
                ),
                (false, "Result < u8 , E >", Some("x")),
            ),
            (
                quote!(
                    fn f() -> impl Send + core::future::Future<Output = Option<u8>> {
                        go(1)
                    }
                ),
                (false, "Option < u8 >", None),
            ),
            (
                quote!(
                    fn f()
                    -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = R> + Send + 'a>>
                    where
                        Self: 'a,
                    {
                        Box::pin(async move {
                            x?;
                            y
                        })
                    }
                ),
                (true, "R", Some("x ? ; y")),
            ),
            (
                quote!(
                    fn f() -> BoxFuture<'static, Result<u8, E>> {
                        ::std::boxed::Box::pin(async { x })
                    }
                ),
                (true, "Result < u8 , E >", Some("x")),
            ),
            (
                quote!(
                    fn f() -> futures::future::LocalBoxFuture<'_, Option<u8>> {
                        let a = 1;
                        Box::pin(async { a })
                    }
                ),
                (true, "Option < u8 >", None),
            ),
            (
                quote!(
                    fn f() -> Pin<Box<dyn Future<Output = R>>> {
                        Box::pin(go())
                    }
                ),
                (true, "R", None),
            ),
            (
                quote!(
                    fn f() -> Pin<Box<dyn Future<Output = R>>> {
                        Rc::pin(async { x })
                    }
                ),
                (true, "R", None),
            ),
        ] {
            let (boxed, output, block) = expected;
            let expected = Some((boxed, output.to_owned(), block.map(str::to_owned)));
            assert_eq!(returned(item.clone()), expected, "{item}");
        }
    }
}
