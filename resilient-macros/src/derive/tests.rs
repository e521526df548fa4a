//! Tests the derived implementation, the errors about the input, and that no input makes the derive
//! panic.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;

use super::classify;
use crate::fuzz_tokens::FuzzTokens;
use crate::fuzz_tokens::invisible;

/// Formats the file like `rustfmt`.
fn pretty(file: &TokenStream) -> String {
    let file = syn::parse2(file.clone()).unwrap_or_else(|error| panic!("{error}: {file}"));
    prettyplease::unparse(&file)
}

/// Returns the derived implementation without insignificant spaces.
pub(super) fn written(source: &str) -> String {
    pretty(&classify(source.parse().expect("tokens")))
}

/// Returns the messages of the errors.
pub(super) fn messages(source: &str) -> Vec<String> {
    let file: syn::File =
        syn::parse2(classify(source.parse().expect("tokens"))).expect("items are written");
    let messages = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) => {
            let message: syn::LitStr = item.mac.parse_body().expect("a message");
            Some(message.value())
        }
        _ => None,
    });
    messages.collect()
}

/// Compares the derived code with the snapshot of that name. `UPDATE_SNAPSHOTS=1` writes the
/// snapshot instead.
pub(super) fn assert_snapshot(name: &str, source: &str) {
    let path = format!("{}/src/derive/snapshots/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let is = written(source);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &is).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(is, expected, "the expansion differs from {name}.rs");
}

#[test]
fn an_enum_reads_as_if_written_by_hand() {
    assert_snapshot(
        "api_error",
        "
        #[permanent]
        pub enum ApiError<'a, T: Into<u8> = u8, E = Inner<T>>
        where
            T: Copy
        {
            #[transient] Timeout,
            #[throttled] #[retry_after(wait)] TooMany { wait: Duration, host: &'a str },
            #[throttled] #[retry_after(1)] Busy(T, Option<Duration>),
            #[answered] NotFound(String),
            #[transient] Reset { by: u8 },
            #[transparent] Io(HttpError),
            #[transparent(source)] Generic { source: Vec<E>, at: u8 },
            #[classify(with = sql::class::<E>)] Sql(sql::Error<E>),
            #[classify(with = <T as Code>::class)] Code { code: T },
            #[cfg(unix)] #[transient] Signal(i32),
            Declined,
        }
        ",
    );
}

#[test]
fn a_struct_reads_as_if_written_by_hand() {
    assert_snapshot("db_error", "#[classify(with = class)] struct DbError(sql::Error);");
    assert_snapshot(
        "busy",
        "#[throttled] #[retry_after(wait)] #[classify(crate = ::renamed)] struct Busy { wait: \
         Duration }",
    );
}

/// Returns the header of the derived implementation on one line.
fn header(source: &str) -> String {
    let written = written(source);
    let lines: Vec<&str> = written.lines().map(str::trim).collect();
    let end = lines.iter().position(|line| line.starts_with("fn "));
    lines[1..end.expect("a method")].join(" ")
}

#[test]
fn bounds_stay_defaults_are_removed_and_a_transparent_type_gets_one_bound() {
    for (source, expected) in [
        ("#[transient] struct A;", "impl ::resilient::Classify for A {"),
        (
            "#[transient] pub(crate) struct A<'a, T: ?Sized + 'a, const N: usize = 3>(&'a T) \
             where T: Fn(u8) -> u8;",
            "impl<'a, T: ?Sized + 'a, const N: usize> ::resilient::Classify for A<'a, T, N> where \
             T: Fn(u8) -> u8, {",
        ),
        (
            "#[transparent] struct A<T>(T) where T: Copy,;",
            "impl<T> ::resilient::Classify for A<T> where T: Copy, T: ::resilient::Classify, {",
        ),
        (
            "#[transparent] struct A<T> where { inner: T }",
            "impl<T> ::resilient::Classify for A<T> where T: ::resilient::Classify, {",
        ),
        (
            "enum A<T> { #[transparent] B(T), #[transparent] C(T), #[transparent] D(Box<T>), \
             #[transparent] E(u8) }",
            "impl<T> ::resilient::Classify for A<T> where T: ::resilient::Classify, Box<T>: \
             ::resilient::Classify, {",
        ),
        (
            "enum A<'a, const N: usize> { #[transparent] B(&'a [u8; N]) }",
            "impl<'a, const N: usize> ::resilient::Classify for A<'a, N> {",
        ),
        (
            "enum A<T> { #[transparent] B(Box<Self>), #[transparent] C(Arc<A<T>>), #[ignored] \
             D(T) }",
            "impl<T> ::resilient::Classify for A<T> {",
        ),
    ] {
        assert_eq!(header(source), expected, "{source}");
    }
}

#[test]
fn the_arm_of_a_variant_has_the_cfg_of_the_variant() {
    let source =
        "#[transient] enum A { #[cfg(a)] #[cfg(not(b))] B, C, #[cfg(c)] #[transparent] D(u8) }";
    let written = written(source);
    assert_eq!(written.matches("#[cfg(").count(), 3, "{written}");
    assert!(
        written.contains("#[cfg(a)]\n            #[cfg(not(b))]\n            Self::B { .. } =>"),
        "{written}"
    );
}

#[test]
fn an_enum_without_variants_needs_no_class_word() {
    assert!(written("enum Never {}").contains("match *self {}"));
    assert!(written("#[ignored] enum Never {}").contains("match *self {}"));
}

#[test]
fn attributes_of_other_macros_are_ignored() {
    let source = "
        #[doc = \"transient\"] #[derive(Debug)] #[error(transparent)] #[transient::other]\
             #[serde(rename = \"x\")]
        #[permanent]
        #[thing]
        enum A {
            #[error(\"{0}\", transient)] #[r#ignored] B(#[from] #[source] Error),
            #[permanently] C { #[serde(skip)] a: u8 },
            D = 1 << 2,
            E = <u8 as A<B, C>>::D,
            F = f::<A, B>() as T<A, B>,
            G = -<u8 as A<B, C>>::D << 1,
        }
    ";
    assert_eq!(messages(source), [""; 0]);
    let written = written(source);
    assert!(
        written.contains("Self::B { .. } => ::resilient::Classification::ignored()"),
        "{written}"
    );
    for variant in ["C", "D", "E", "F", "G"] {
        assert!(written.contains(&format!("Self::{variant} {{ .. }}")));
    }
}

#[test]
fn fields_are_distinguished_from_their_visibility_and_types() {
    for field in [
        "pub (crate) wait: Duration",
        "pub(in a::b) wait: Duration",
        "a: F<A, B>, wait: Duration",
        "#[doc = \"x\"] wait: a::b::Duration,",
        "a: fn(A, B) -> C<D, E>, wait: Duration",
    ] {
        let source = format!("#[transient] #[retry_after(wait)] struct A {{ {field} }}");
        assert_eq!(messages(&source), [""; 0], "{source}");
    }
    for (fields, index) in [
        ("pub (A, B), Duration", 1),
        ("pub(crate) A<B, C>, pub(super) Duration", 1),
        ("pub (super::A), (), [A; 3], Duration", 3),
    ] {
        let source = format!("#[transient] #[retry_after({index})] struct A({fields});");
        assert!(written(&source).contains(&format!("(self.{index})")), "{source}");
        let source = format!("#[transient] #[retry_after({})] struct A({fields});", index + 1);
        assert_eq!(messages(&source).len(), 1, "{source}");
    }
}

#[test]
fn fragments_of_macros_are_seen_through() {
    let visibility = invisible(quote!());
    let attribute = invisible(quote!(retry_after(0)));
    let field = invisible(quote!(Duration));
    let variant = invisible(quote!(Busy));
    let number = invisible(quote!(1 + 2));
    let item = invisible(quote! {
        #visibility enum A { #[throttled] #[#attribute] #variant(#field) = #number, #[ignored] B }
    });
    let written = pretty(&classify(item));
    assert!(written.contains("Self::Busy { 0: __field, .. }"), "{written}");
}

#[test]
fn all_errors_are_reported_and_the_type_still_implements_classify() {
    let source = "
        #[classify(krate = a)]
        #[retry_after(0)]
        enum A<T: Copy> {
            B,
            #[transient(1)] C,
            #[ignored] #[answered] D,
            #[transparent] #[retry_after(0)] E(#[permanent] u8, #[classify] T),
            #[throttled] #[retry_after(wait)] F { delay: u8 },
            #[classify(with = |e| e.f())] #[retry_after(0)] G(u8),
            #[classify(with = f)] #[transient] H,
        }
    ";
    assert_eq!(
        messages(source),
        [
            "`classify` takes `crate = ::resilient`, or `with = path` for the only field",
            "`retry_after` belongs on the variant that has the field",
            "`B` has no word that says what it means, one of `#[transient]`, `#[permanent]`, \
             `#[throttled]`, `#[ignored]`, `#[answered]`; a word on `A` is for all variants \
                that have none",
            "`transient` takes nothing: write `#[transient]`",
            "`answered` excludes `ignored`: one word says what it means",
            "`retry_after` excludes `transparent`: the field says its own hint",
            "`E` has 2 fields: say which of them classifies, as in `#[transparent(0)]`",
            "`permanent` belongs on the variant, not on its field: write `#[permanent]` above `E`",
            "`classify` names the runtime for the whole type: put it there; above a variant stands \
             `#[classify(with = path)]`",
            "`F` has no field `wait`: it has `delay`",
            "`retry_after` excludes `classify(with = …)`: the function says its own hint",
            "`with` takes the path of a function, and nothing else: write `#[classify(with = \
             path)]`",
            "`transient` excludes `classify(with = …)`: one word says what it means",
            "`H` has no field for the function of `with` to classify",
        ]
    );
    let written = written(source);
    assert!(written.contains("impl<T: Copy> ::resilient::Classify for A<T> {"), "{written}");
    assert!(written.contains("::resilient::Classification::transient()"), "{written}");
}

#[test]
fn a_wrong_class_word_on_the_enum_is_reported_once() {
    assert_eq!(messages("#[transparent] enum A { B, C }").len(), 1);
    assert_eq!(messages("#[transient] #[ignored] enum A { B, C }").len(), 1);
    assert_eq!(messages("#[transient(x)] enum A { B, C }").len(), 1);
    assert_eq!(messages("#[classify(with = f)] enum A { B(u8), C(u8) }").len(), 1);
}

#[test]
fn unreadable_input_causes_one_error() {
    for source in [
        "",
        "fn f() {}",
        "enum",
        "enum A",
        "enum A;",
        "enum A<T { B }",
        "enum A { 3 }",
        "enum A { B C }",
        "struct A<3>;",
        "struct A { a }",
        "struct 3;",
        "union A;",
    ] {
        assert_eq!(messages(source).len(), 1, "{source}");
    }
}

#[test]
fn random_tokens_cause_no_panic_and_functions_are_written_as_they_were_read() {
    let words = [
        "enum",
        "struct",
        "union",
        "where",
        "pub",
        "crate",
        "in",
        "const",
        "as",
        "transient",
        "permanent",
        "throttled",
        "ignored",
        "answered",
        "transparent",
        "retry_after",
        "circuit_open",
        "timed_out",
        "classify",
        "with",
        "cfg",
        "A",
        "b",
        "r#type",
        "_",
        "self",
        "Self",
    ];
    let mut fuzz = FuzzTokens::new(0xdead, &words);
    let (mut read, mut right) = (0_u32, 0_u32);
    for round in 0..30_000_usize {
        let item = if round % 3 == 0 { fuzz.stream(3) } else { nearly_right(&mut fuzz, round) };
        let is = classify(item).to_string();
        read += u32::from(is.contains("automatically_derived"));
        right += u32::from(!is.contains("compile_error"));
    }
    assert!(read > 1_000, "only {read} of the inputs were read");
    assert!(right > 100 && right < read, "{right} of {read} are right");
}

/// Makes a type in which only some parts are random tokens.
fn nearly_right(fuzz: &mut FuzzTokens, round: usize) -> TokenStream {
    let group = |delimiter, stream| TokenTree::from(Group::new(delimiter, stream));
    let (some, more) = (fuzz.stream(2), fuzz.stream(1));
    let words = ["transient", "throttled", "transparent", "classify", "circuit_open", "timed_out"];
    let word = words[round % 6];
    let word = Ident::new(word, Span::call_site());
    let fields = group(
        if round % 5 < 3 { Delimiter::Parenthesis } else { Delimiter::Brace },
        [quote!(), some.clone(), quote!(a: A, b: B), quote!(A, B)][round / 3 % 4].clone(),
    );
    let args = group(
        Delimiter::Parenthesis,
        [more.clone(), quote!(0), quote!(b), quote!(crate = #more), quote!(with = #more)]
            [round / 7 % 5]
            .clone(),
    );
    let generics = [quote!(), quote!(<#more>), quote!(<'a, T: A, const N: u8>)];
    let generics = &generics[round / 11 % 3];
    match round % 7 {
        0 => quote!(#[#word] enum A #generics { #some }),
        1 => quote!(#[#word] struct A #generics #fields),
        2 => quote!(#[#word #args] struct A #generics where #more #fields),
        3 => quote!(enum A #generics { #[#word] B #fields, #[#some] C }),
        4 => quote!(enum A #generics { #[#word] #[retry_after #args] B #fields = #more, }),
        5 => quote!(#[classify #args] enum A #generics { #[#word #args] B #fields }),
        _ => quote!(#[#some] #[#word] #[retry_after #args] struct A #fields;),
    }
}
