//! Finds variables that a format string names inline, as in `"{x:?}"` or `"{:x$}"`.

use proc_macro2::Literal;

use crate::literal;

/// Returns whether the literal, read as a format string, names the variable.
pub(super) fn names(literal: &Literal, variable: &str) -> bool {
    literal::text(literal).is_some_and(|text| text_names(&text, variable))
}

fn text_names(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + variable.len()..];
        let ends = !after.starts_with(is_part);
        let before_name = before.strip_suffix("r#").unwrap_or(before).trim_end();
        // Two braces are an escaped brace.
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
        let read = |source: &str| names(&source.parse().expect("a literal"), "x");
        assert!(read(r#""{\x78}""#) && read("r#\"{x}\"#"));
        assert!(!read("'x'") && !read("b\"{x}\"") && !read("1"));
    }
}
