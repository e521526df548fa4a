//! Finds variables that a format string names inline, as in `"{x:?}"` or `"{:x$}"`.

use proc_macro2::TokenTree;

use crate::literal;

/// Returns whether the token is a literal that, read as a format string, names the variable.
pub(super) fn names(token: &TokenTree, variable: &str) -> bool {
    match token {
        TokenTree::Literal(text) => {
            literal::text(text).is_some_and(|text| text_names(&text, variable))
        }
        _ => false,
    }
}

fn text_names(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + variable.len()..];
        let ends = !after.starts_with(is_part);
        let before_name = before.strip_suffix("r#").unwrap_or(before).trim_end();
        // `{{` is an escaped brace, so only an odd number of braces begins a placeholder.
        let opened = before_name.bytes().rev().take_while(|byte| *byte == b'{').count() % 2 == 1;
        let parameter = after.starts_with('$') && !before.ends_with(is_part);
        ends && (opened || parameter)
    })
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Literal;

    #[test]
    fn a_variable_is_named_behind_a_brace_or_before_a_dollar() {
        for text in [
            "{x}",
            "a {x:?} b",
            "{ x }",
            "{x:>5}",
            "{:x$}",
            "{:.x$}",
            "{y:>x$}",
            "{{{x}}}",
            "{x.name}",
        ] {
            assert!(text_names(text, "x"), "{text}");
        }
        for text in ["", "x", "{xy}", "{yx}", "{y:x}", "{:yx$}", "x}", "{0}", "{{x}}"] {
            assert!(!text_names(text, "x"), "{text}");
        }
    }

    #[test]
    fn only_strings_are_read_and_escapes_are_resolved() {
        let literal = |source: &str| source.parse::<Literal>().expect("a literal").into();
        let read = |source: &str| names(&literal(source), "x");
        assert!(read(r#""{\x78}""#) && read("r#\"{x}\"#"));
        assert!(!read("'x'") && !read("b\"{x}\"") && !read("1"));
    }
}
