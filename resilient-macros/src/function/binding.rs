//! The variables that a pattern binds.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::tokens::{
    flatten, group, is_keyword, is_operator, is_punct, is_word, name, skip_angles,
};

#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// The `mut` before it.
    pub(crate) mutable: Option<Ident>,
    pub(crate) by_ref: bool,
}

/// Every variable of the pattern, once, in the order of the text.
pub(crate) fn bindings(pattern: &TokenStream) -> Vec<Binding> {
    let tokens = flatten(pattern.clone());
    // Alone, the name of a parameter is a variable, however it is written.
    if let [TokenTree::Ident(ident)] = tokens.as_slice() {
        if !is_keyword(&ident.to_string()) {
            return vec![Binding {
                ident: ident.clone(),
                mutable: None,
                by_ref: false,
            }];
        }
    }
    let mut found = Vec::new();
    walk(&tokens, &mut found);
    let mut once: Vec<Binding> = Vec::new();
    for binding in found {
        // The arms of an or-pattern bind the same names.
        if !once.iter().any(|earlier| earlier.ident == binding.ident) {
            once.push(binding);
        }
    }
    once
}

/// `ref` and `mut` that stand before a name.
#[derive(Default)]
struct Modifiers {
    mutable: Option<Ident>,
    by_ref: bool,
}

impl Modifiers {
    fn take(&mut self, word: &Ident) -> bool {
        if word == "mut" {
            self.mutable = Some(word.clone());
        } else if word == "ref" {
            self.by_ref = true;
        }
        word == "mut" || word == "ref"
    }

    fn any(&self) -> bool {
        self.by_ref || self.mutable.is_some()
    }

    fn bind(&mut self, ident: &Ident) -> Binding {
        let Modifiers { mutable, by_ref } = std::mem::take(self);
        Binding {
            ident: ident.clone(),
            mutable,
            by_ref,
        }
    }
}

fn walk(tokens: &[TokenTree], found: &mut Vec<Binding>) {
    let mut modifiers = Modifiers::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at = match token {
            TokenTree::Ident(word) if modifiers.take(word) => at + 1,
            TokenTree::Ident(word)
                if is_word(Some(token), "const") || is_word(Some(token), "box") =>
            {
                // A block that is a constant has nothing of the pattern.
                at + if word == "const" && group(tokens.get(at + 1), Delimiter::Brace).is_some() {
                    2
                } else {
                    1
                }
            }
            TokenTree::Ident(word) => {
                let end = path_end(tokens, at);
                if end == at + 1 && binds(tokens, at, word, &modifiers) {
                    found.push(modifiers.bind(word));
                }
                if is_punct(tokens.get(end), '!') {
                    end + 2
                } else {
                    end
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => at + 2,
            // The `mut` of `&mut pattern` is the reference's.
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                at + 1 + usize::from(is_word(tokens.get(at + 1), "mut"))
            }
            TokenTree::Punct(punct) if punct.as_char() == '<' => {
                // `<T as Trait>::CONST`
                let end = skip_angles(tokens, at).unwrap_or(at + 1);
                if is_operator(tokens, end, ':', ':') {
                    path_end(tokens, end + 2)
                } else {
                    end
                }
            }
            TokenTree::Group(inner) => {
                let inside = flatten(inner.stream());
                if inner.delimiter() == Delimiter::Brace {
                    fields(&inside, found);
                } else {
                    walk(&inside, found);
                }
                at + 1
            }
            _ => at + 1,
        };
    }
}

/// The index behind the path that begins at `at`.
fn path_end(tokens: &[TokenTree], at: usize) -> usize {
    let mut end = at + 1;
    while is_operator(tokens, end, ':', ':') {
        end += 2;
        if is_punct(tokens.get(end), '<') {
            end = skip_angles(tokens, end).unwrap_or(end + 1);
        } else if matches!(tokens.get(end), Some(TokenTree::Ident(_))) {
            end += 1;
        }
    }
    end
}

/// Does the lone word at `at` bind, rather than name a constant, a constructor or a macro?
fn binds(tokens: &[TokenTree], at: usize, word: &Ident, modifiers: &Modifiers) -> bool {
    if is_keyword(&word.to_string()) {
        return false;
    }
    let next = tokens.get(at + 1);
    if modifiers.any() || is_punct(next, '@') {
        return true;
    }
    let constructor =
        group(next, Delimiter::Parenthesis).is_some() || group(next, Delimiter::Brace).is_some();
    let of_path = at >= 2 && is_operator(tokens, at - 2, ':', ':');
    !constructor && !of_path && !is_punct(next, '!') && !name(word).starts_with(char::is_uppercase)
}

/// The fields of a struct pattern: `field: pattern`, or `field` alone, which binds itself.
fn fields(tokens: &[TokenTree], found: &mut Vec<Binding>) {
    for field in tokens.split(|token| is_punct(Some(token), ',')) {
        let mut field = field;
        while is_punct(field.first(), '#') {
            field = field.get(2..).unwrap_or_default();
        }
        if is_punct(field.get(1), ':') {
            walk(field.get(2..).unwrap_or_default(), found);
            continue;
        }
        let mut modifiers = Modifiers::default();
        for token in field {
            match token {
                TokenTree::Ident(word) if modifiers.take(word) || word == "box" => {}
                TokenTree::Ident(word) if !is_keyword(&word.to_string()) => {
                    found.push(modifiers.bind(word));
                    break;
                }
                _ => break,
            }
        }
    }
}

#[cfg(test)]
#[path = "binding_tests.rs"]
mod tests;
