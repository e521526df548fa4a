//! Tests that literals are decoded as the compiler decodes them.

use super::*;
use crate::fuzz_tokens::invisible;
use quote::quote;

fn read(source: &str) -> LiteralValue {
    constant(&source.parse().expect("tokens")).expect("a constant")
}

fn positive(content: LiteralContent) -> LiteralValue {
    LiteralValue { negative: false, content }
}

fn integer(value: u128, suffix: &str) -> LiteralValue {
    positive(LiteralContent::Integer { value: Some(value), suffix: suffix.to_owned() })
}

fn float(digits: &str, suffix: &str) -> LiteralValue {
    positive(LiteralContent::Float { digits: digits.to_owned(), suffix: suffix.to_owned() })
}

fn string(text: &str) -> LiteralValue {
    positive(LiteralContent::Text(text.to_owned()))
}

#[test]
fn strings_are_decoded_as_the_compiler_does() {
    assert_eq!(read(r#""5s""#), string("5s"));
    assert_eq!(read(r#""\x35\u{b5}s\t\"\\""#), string("5µs\t\"\\"));
    assert_eq!(read("r\"5s\\n\""), string("5s\\n"));
    assert_eq!(read("r##\"a\"#b\"##"), string("a\"#b"));
    assert_eq!(read("\"1m\\\n   30s\""), string("1m30s"));
}

#[test]
fn other_literals_than_strings_and_numbers_are_distinguished() {
    for source in ["b\"5s\"", "br\"5s\"", "c\"5s\"", "'5'", "b'5'", "\"5s\"suffix"] {
        assert_eq!(read(source), positive(LiteralContent::Other), "{source}");
    }
}

#[test]
fn integers_come_in_every_radix_with_their_suffix() {
    assert_eq!(read("1_000"), integer(1000, ""));
    assert_eq!(read("3u32"), integer(3, "u32"));
    assert_eq!(read("3_usize"), integer(3, "usize"));
    assert_eq!(read("0xfF"), integer(255, ""));
    assert_eq!(read("0x1f32"), integer(0x1f32, ""));
    assert_eq!(read("0o17"), integer(15, ""));
    assert_eq!(read("0b1010_u32"), integer(10, "u32"));
    let huge = "9".repeat(60);
    assert_eq!(
        read(&huge),
        positive(LiteralContent::Integer { value: None, suffix: String::new() })
    );
}

#[test]
fn floats_keep_their_digits_and_their_suffix() {
    assert_eq!(read("1.5"), float("1.5", ""));
    assert_eq!(read("1_0.2_5f64"), float("10.25", "f64"));
    assert_eq!(read("2f64"), float("2", "f64"));
    assert_eq!(read("1e-3"), float("1e-3", ""));
    assert_eq!(read("1."), float("1.", ""));
}

#[test]
fn a_sign_and_invisible_groups_do_not_hide_a_literal() {
    let literal = invisible(invisible(quote!(7)));
    assert_eq!(constant(&literal), Some(integer(7, "")));
    let seven = LiteralContent::Integer { value: Some(7), suffix: String::new() };
    assert_eq!(
        constant(&quote!(-#literal)),
        Some(LiteralValue { negative: true, content: seven.clone() })
    );
    let made = Literal::i32_unsuffixed(-7);
    assert_eq!(constant(&quote!(#made)), Some(LiteralValue { negative: true, content: seven }));
}

#[test]
fn an_expression_is_no_constant() {
    for source in ["", "N", "1 + 2", "(1)", "f(\"5s\")", "- N", "1 2", "true"] {
        assert_eq!(constant(&source.parse().expect("tokens")), None, "{source}");
    }
}
