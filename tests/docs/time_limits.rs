//! The calls that the pages show have time limits, and their attempts fit into their deadlines.

use std::time::Duration;

use proc_macro2::{TokenStream, TokenTree};
use resilient::RetryPolicy;
use resilient_settings::parse_duration;
use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn};

use crate::pages::{Page, read, strict_pages};

/// Functions that break a rule on purpose; their pages say why.
const EXCEPTIONS: [(&str, &str); 4] = [
    ("docs/errors.md", "number"),
    ("docs/recipes/errors-of-other-crates.md", "number"),
    ("docs/recipes/sqlx-with-postgresql.md", "transfer"),
    ("docs/time-limits.md", "unlimited"),
];

/// An async function of a page that breaks a rule.
#[derive(Debug, PartialEq)]
struct Fault {
    page: String,
    function: String,
    what: String,
}

/// Collects what is wrong with the functions of a block.
struct Functions<'a> {
    page: &'a str,
    faults: Vec<Fault>,
}

impl Functions<'_> {
    fn check(&mut self, attributes: &[Attribute], signature: &Signature) {
        let find = |name| attributes.iter().find(|attribute| attribute.path().is_ident(name));
        let (retry, breaker) = (find("retry"), find("circuit_breaker"));
        if signature.asyncness.is_none() || (retry.is_none() && breaker.is_none()) {
            return;
        }
        let retry = retry.map(arguments).unwrap_or_default();
        let has = |key| retry.clone().into_iter().any(|token| is_ident(&token, key));
        let what = if !has("attempt_timeout") && !has("deadline") && find("timeout").is_none() {
            Some("no time limit".to_owned())
        } else {
            attempts_above_the_deadline(&retry)
        };
        let (page, function) = (self.page.to_owned(), signature.ident.to_string());
        self.faults.extend(what.map(|what| Fault { page, function, what }));
    }
}

impl Visit<'_> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.check(&function.attrs, &function.sig);
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        self.check(&function.attrs, &function.sig);
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        self.check(&function.attrs, &function.sig);
    }

    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        // Functions of tests need no limits.
        if !module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            syn::visit::visit_item_mod(self, module);
        }
    }
}

fn arguments(attribute: &Attribute) -> TokenStream {
    attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default()
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

/// Returns the literal that stands behind `key =`, without quotes.
fn literal(arguments: &TokenStream, key: &str) -> Option<String> {
    let mut tokens = arguments.clone().into_iter().skip_while(|token| !is_ident(token, key));
    match tokens.nth(2)? {
        TokenTree::Literal(literal) => Some(literal.to_string().trim_matches('"').to_owned()),
        _ => None,
    }
}

/// Says how long the attempts and delays take if that is too long for the deadline.
fn attempts_above_the_deadline(retry: &TokenStream) -> Option<String> {
    let time = |key| literal(retry, key).map(|text| parse_duration(&text).unwrap());
    let (attempt, deadline) = (time("attempt_timeout")?, time("deadline")?);
    let mut policy = RetryPolicy::builder();
    if let Some(retries) = literal(retry, "max_retries") {
        policy = policy.max_retries(retries.parse::<u32>().unwrap());
    }
    if let Some(delay) = time("base_delay") {
        policy = policy.base_delay(delay);
    }
    let longest = policy.build().unwrap().worst_case().with_attempt_timeout(attempt);
    (longest > deadline).then(|| format!("attempts take {longest:?}, above {deadline:?}"))
}

fn faults(page: &Page) -> Vec<Fault> {
    let mut functions = Functions { page: &page.path, faults: Vec::new() };
    for block in page.blocks.iter().filter(|block| block.language.starts_with("rust")) {
        let file = syn::parse_file(&block.text);
        let file = file.unwrap_or_else(|error| panic!("{}:{}: {error}", page.path, block.line));
        functions.visit_file(&file);
    }
    functions.faults
}

#[test]
fn each_call_of_a_page_has_a_time_limit_and_its_attempts_fit_into_its_deadline() {
    // The pages about a migration show what the other library did.
    let is_guide = |path: &&String| path.starts_with("docs/") && !path.contains("/migration/");
    let pages = strict_pages();
    let found: Vec<_> =
        pages.iter().filter(is_guide).flat_map(|path| faults(&read(path))).collect();
    let is_exception = |fault: &&Fault| EXCEPTIONS.contains(&(&fault.page, &fault.function));
    let (expected, surprising): (Vec<_>, Vec<_>) = found.iter().partition(is_exception);
    assert!(surprising.is_empty(), "{surprising:#?}");
    assert_eq!(expected.len(), EXCEPTIONS.len(), "{expected:#?}");
}

#[test]
fn a_call_without_a_limit_and_a_deadline_that_is_too_short_are_found() {
    let text = r#"```rust
#[retry]
async fn hangs() {}

#[retry]
fn blocks() {}

#[circuit_breaker(name = "a")]
#[timeout("1s")]
async fn limited() {}

impl A {
    #[retry(max_retries = 2, base_delay = "50ms", attempt_timeout = "1s", deadline = "3s")]
    async fn short(&self) {}

    #[retry(max_retries = 2, base_delay = "50ms", attempt_timeout = "1s", deadline = "3150ms")]
    async fn fits(&self) {}
}

trait B {
    #[circuit_breaker(name = "b")]
    async fn waits(&self) {}
}
```"#;
    let found = faults(&Page::parse("a.md", text));
    let longest = Duration::from_millis(3_150);
    let short = format!("attempts take {longest:?}, above 3s");
    let expected = [("hangs", "no time limit"), ("short", &short), ("waits", "no time limit")];
    let fault = |(function, what): (&str, &str)| Fault {
        page: "a.md".to_owned(),
        function: function.to_owned(),
        what: what.to_owned(),
    };
    assert_eq!(found, expected.map(fault));
}
