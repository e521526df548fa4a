//! Inspects token trees.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use syn::parse::ParseStream;

/// Returns the tokens of the outermost level. Opens the invisible groups that `macro_rules` puts
/// around fragments.
pub(crate) fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flat.extend(flatten(group.stream()));
            }
            token => flat.push(token),
        }
    }
    flat
}

/// Returns the tokens without invisible groups, as an error message shows them.
pub(crate) fn source(tokens: &TokenStream) -> String {
    let text = flatten(tokens.clone()).into_iter().collect::<TokenStream>().to_string();
    let text = text.replace(" :: ", "::").replace(" ..= ", "..=");
    text.strip_prefix("- ").map(|positive| format!("-{positive}")).unwrap_or(text)
}

/// Returns the text of an identifier without `r#`.
pub(crate) fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

pub(crate) fn ident(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

/// Returns whether the token is this word, and not a raw identifier.
pub(crate) fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    ident(token).is_some_and(|ident| ident == word)
}

pub(crate) fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

pub(crate) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// Returns whether the two characters form one operator that begins at `at`.
pub(crate) fn is_operator(tokens: &[TokenTree], at: usize, first: char, second: char) -> bool {
    is_joint(tokens.get(at), first) && is_punct(tokens.get(at + 1), second)
}

fn is_joint(token: Option<&TokenTree>, character: char) -> bool {
    match token {
        Some(TokenTree::Punct(punct)) => {
            punct.as_char() == character && punct.spacing() == Spacing::Joint
        }
        _ => false,
    }
}

/// Returns whether this character is directly before the token at `at`, without a space between
/// them.
pub(crate) fn follows_joint(tokens: &[TokenTree], at: usize, character: char) -> bool {
    at.checked_sub(1).is_some_and(|before| is_joint(tokens.get(before), character))
}

/// Returns whether the token at `at` is a `>` that closes an angle bracket. The `>` of `->` and
/// `=>` does not close one.
pub(crate) fn closes_angle(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), '>')
        && !follows_joint(tokens, at, '-')
        && !follows_joint(tokens, at, '=')
}

/// Returns the index after the `>` that closes the `<` at `open`. Returns `None` if a `;` or the
/// end of the tokens comes first.
pub(crate) fn skip_angles(tokens: &[TokenTree], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in open..tokens.len() {
        if is_punct(tokens.get(at), ';') {
            return None;
        } else if is_punct(tokens.get(at), '<') {
            depth += 1;
        } else if closes_angle(tokens, at) {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// Returns a block that has this span. The compiler's messages about the block point at the span.
pub(crate) fn block(tokens: TokenStream, span: Span) -> TokenTree {
    let mut block = Group::new(Delimiter::Brace, tokens);
    block.set_span(span);
    block.into()
}

/// Returns the span of the first token.
pub(crate) fn first_span(tokens: &TokenStream) -> Span {
    let first = tokens.clone().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// Returns the next token as an error message shows it, or an empty text at the end.
pub(crate) fn next_shown(input: ParseStream<'_>) -> String {
    input.fork().parse().map_or_else(|_| String::new(), |token| shown(&token))
}

/// Returns the token as an error message shows it. For a group, only the brackets are shown.
fn shown(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(…)".to_owned(),
            Delimiter::Brace => "{…}".to_owned(),
            Delimiter::Bracket => "[…]".to_owned(),
            Delimiter::None => {
                group.stream().into_iter().next().as_ref().map(shown).unwrap_or_default()
            }
        },
        token => token.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz_tokens::invisible;
    use quote::quote;

    fn list(tokens: TokenStream) -> Vec<TokenTree> {
        tokens.into_iter().collect()
    }

    #[test]
    fn invisible_groups_open_at_every_depth() {
        let inner = invisible(invisible(quote!(b + c)));
        assert_eq!(flatten(quote!(a #inner d)).len(), 5);
    }

    #[test]
    fn an_arrow_closes_no_angle_bracket() {
        let tokens = list(quote!(<F: Fn(A) -> B, G>(x)));
        assert_eq!(skip_angles(&tokens, 0), Some(tokens.len() - 1));
        assert_eq!(skip_angles(&list(quote!(<A, B)), 0), None);
        assert_eq!(skip_angles(&list(quote!(< A; B >)), 0), None);
    }

    #[test]
    fn an_operator_is_two_characters_glued_together() {
        assert!(is_operator(&list(quote!(a == b)), 1, '=', '='));
        let apart = list("a = = b".parse().unwrap_or_default());
        assert!(!is_operator(&apart, 1, '=', '='));
    }
}
