//! Splitting a function into the parts of its signature, and its body.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use super::cursor::Cursor;
use super::{Function, attribute, item, param};
use crate::args::Kind;
use crate::error::Errors;
use crate::tokens::{flatten, group, is_punct, is_word, shown, skip_angles};

impl Function {
    /// Reads the item below the attribute `kind`.
    pub(crate) fn parse(item: TokenStream, kind: Kind) -> Result<Self, Errors> {
        let mut errors = Errors::default();
        let function = read(item, kind, &mut errors);
        match function {
            Some(function) => errors.or(function),
            None => Err(errors),
        }
    }
}

/// `None` has its reason in `errors`.
fn read(item: TokenStream, kind: Kind, errors: &mut Errors) -> Option<Function> {
    let mut cursor = Cursor::new(item);
    let attrs = attribute::take(&mut cursor);
    let vis = visibility(&mut cursor);
    let Qualifiers {
        tokens: qualifiers,
        asyncness,
        constness,
        last,
    } = qualifiers(&mut cursor);
    if !cursor.at_word("fn") {
        let what = item::name(last.as_deref(), cursor.peek());
        let place = cursor.peek().map_or_else(Span::call_site, TokenTree::span);
        errors.push(
            place,
            format!(
                "`#[{}]` works on functions and methods: this is {what}",
                kind.name()
            ),
        );
        return None;
    }
    let fn_token = word(cursor.next())?;
    let Some(name) = cursor
        .next_if(|token| matches!(token, TokenTree::Ident(_)))
        .and_then(|name| word(Some(name)))
    else {
        errors.push(fn_token.span(), "expected a name after `fn`");
        return None;
    };
    let generics = generics(&name, &mut cursor, errors)?;
    let Some(parens) = cursor
        .next()
        .as_ref()
        .and_then(|token| group(Some(token), Delimiter::Parenthesis).cloned())
    else {
        errors.push(
            name.span(),
            format!("expected the parameters of `{name}` in parentheses"),
        );
        return None;
    };
    let params = param::parse(parens.stream(), errors);
    let (arrow, output) = output(&mut cursor, errors);
    let where_clause = if cursor.at_word("where") {
        until_body(&mut cursor, false)
    } else {
        TokenStream::new()
    };
    let body = body(&name, &mut cursor, errors)?;
    if let Some(token) = cursor.next() {
        errors.push(
            token.span(),
            format!(
                "expected nothing after the body of `{name}`, and `{}` follows",
                shown(&token)
            ),
        );
    }
    if let Some(constness) = constness {
        errors.push(
            constness,
            "a `const fn` cannot wait or keep state: make it a plain `fn`",
        );
    }
    if let Some(output) = output.as_ref().filter(|output| is_never(output)) {
        errors.push_spanned(
            output,
            "a function that never returns has no outcome to judge: give it a return type",
        );
    }
    Some(Function {
        attrs,
        vis,
        qualifiers,
        asyncness,
        fn_token,
        name,
        generics,
        params,
        params_span: parens.span(),
        arrow,
        output,
        where_clause,
        body: Some(body),
    })
}

fn word(token: Option<TokenTree>) -> Option<Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

fn visibility(cursor: &mut Cursor) -> TokenStream {
    if !cursor.at_word("pub") {
        return TokenStream::new();
    }
    let restricted = group(cursor.ahead(1), Delimiter::Parenthesis).is_some();
    cursor.take(if restricted { 2 } else { 1 })
}

#[derive(Default)]
struct Qualifiers {
    tokens: TokenStream,
    asyncness: Option<Span>,
    constness: Option<Span>,
    last: Option<String>,
}

fn qualifiers(cursor: &mut Cursor) -> Qualifiers {
    let mut found = Qualifiers::default();
    while let Some(TokenTree::Ident(ident)) = cursor.peek() {
        let (text, span) = (ident.to_string(), ident.span());
        match text.as_str() {
            "async" => found.asyncness = Some(span),
            "const" => found.constness = Some(span),
            "default" | "unsafe" | "safe" | "extern" | "auto" | "gen" => {}
            _ => break,
        }
        found.tokens.extend(cursor.next());
        if text == "extern" {
            found
                .tokens
                .extend(cursor.next_if(|token| matches!(token, TokenTree::Literal(_))));
        }
        found.last = Some(text);
    }
    found
}

fn generics(name: &Ident, cursor: &mut Cursor, errors: &mut Errors) -> Option<TokenStream> {
    if !cursor.at_punct('<') {
        return Some(TokenStream::new());
    }
    let end = skip_angles(cursor.slice(), 0);
    if end.is_none() {
        errors.push(
            name.span(),
            format!("the generics of `{name}` are not closed: a `>` is missing"),
        );
    }
    end.map(|end| cursor.take(end))
}

/// The arrow and the type behind it.
fn output(cursor: &mut Cursor, errors: &mut Errors) -> (Option<TokenStream>, Option<TokenStream>) {
    if !cursor.at_operator('-', '>') {
        return (None, None);
    }
    let arrow = cursor.take(2);
    let output = until_body(cursor, true);
    if output.is_empty() {
        errors.push_spanned(&arrow, "expected a type after `->`");
    }
    (Some(arrow), Some(output))
}

/// Takes the tokens of a type or a where clause, up to the body or the `;`, or up to `where`.
fn until_body(cursor: &mut Cursor, stop_at_where: bool) -> TokenStream {
    let tokens = cursor.slice();
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens.get(at);
        let ends =
            is_punct(token, ';') || is_body(token) || stop_at_where && is_word(token, "where");
        if ends {
            break;
        }
        at = if is_punct(token, '<') {
            skip_angles(tokens, at).unwrap_or(at + 1)
        } else {
            at + 1
        };
    }
    cursor.take(at)
}

/// A block, perhaps as the fragment of another macro.
fn is_body(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => true,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
            matches!(flatten(group.stream()).as_slice(), [token] if is_body(Some(token)))
        }
        _ => false,
    }
}

fn body(name: &Ident, cursor: &mut Cursor, errors: &mut Errors) -> Option<Group> {
    match cursor.next() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => return Some(body),
        Some(token) if !is_punct(Some(&token), ';') => {
            errors.push(token.span(), format!("expected the body of `{name}`, and `{}` stands there", shown(&token)));
        }
        _ => errors.push(
            name.span(),
            format!("`{name}` has no body to protect: put the attribute on the implementation, or give it a default body"),
        ),
    }
    None
}

/// Is the type `!`, perhaps in parentheses?
fn is_never(output: &TokenStream) -> bool {
    match flatten(output.clone()).as_slice() {
        [TokenTree::Group(inner)] if inner.delimiter() == Delimiter::Parenthesis => {
            is_never(&inner.stream())
        }
        [token] => is_punct(Some(token), '!'),
        _ => false,
    }
}
