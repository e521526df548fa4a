//! Tests that `syn` 2 and `syn` 3 parse every expansion, and that no name of an expansion collides
//! with an item of the user. Attributes of other crates parse expansions with either version.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{ExprClosure, ImplItemFn, ItemFn, PatIdent, Signature, TraitItemFn};

use super::tests::{expand_all, take_attribute};
use crate::args::AttributeKind;

/// The expansions of all annotated functions of a program.
#[derive(Default)]
struct Expansions(Vec<TokenStream>);

impl Expansions {
    fn add(&mut self, taken: Option<(AttributeKind, TokenStream)>, rest: &impl ToTokens) {
        if let Some((kind, args)) = taken {
            self.0.push(expand_all(kind, &args, &rest.to_token_stream()));
        }
    }
}

impl VisitMut for Expansions {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_impl_item_fn_mut(self, item);
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        self.add(take_attribute(&mut item.attrs), item);
        visit_mut::visit_trait_item_fn_mut(self, item);
    }
}

/// Returns the Rust files of a directory of the workspace.
pub(super) fn sources(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let entries = fs::read_dir(directory).expect("the directory exists");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

pub(super) fn parsed(path: &Path) -> syn::File {
    let text = fs::read_to_string(path).expect("a file");
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_parses(expansion: &TokenStream, path: &Path) {
    let path = path.display();
    if let Err(error) = syn::parse2::<syn::File>(expansion.clone()) {
        panic!("syn 3, {path}: {error}: {expansion}");
    }
    if let Err(error) = syn2::parse2::<syn2::File>(expansion.clone()) {
        panic!("syn 2, {path}: {error}: {expansion}");
    }
}

#[test]
fn both_versions_of_syn_parse_every_expansion() {
    for path in sources("src/expand/snapshots") {
        assert_parses(&parsed(&path).into_token_stream(), &path);
    }
    let mut count = 0;
    for path in sources("../tests/programs") {
        let mut expansions = Expansions::default();
        expansions.visit_file_mut(&mut parsed(&path));
        for expansion in &expansions.0 {
            assert_parses(expansion, &path);
        }
        count += expansions.0.len();
    }
    assert!(count > 500, "found only {count} annotated functions");
}

#[test]
fn syn_2_refuses_what_syn_3_reads() {
    let item = quote!(
        fn f() {
            break 'a ::b();
        }
    );
    assert!(syn::parse2::<syn::File>(item.clone()).is_ok());
    assert!(syn2::parse2::<syn2::File>(item).is_err());
}

/// The names that an expansion binds, without the arguments and variables of the user.
#[derive(Default)]
struct BoundNames {
    of_user: Vec<String>,
    names: BTreeSet<String>,
}

impl VisitMut for BoundNames {
    fn visit_signature_mut(&mut self, signature: &mut Signature) {
        self.of_user.extend(words(signature.inputs.to_token_stream()));
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        // Only the user writes `async` closures.
        if closure.asyncness.is_none() {
            visit_mut::visit_expr_closure_mut(self, closure);
        }
    }

    fn visit_pat_ident_mut(&mut self, variable: &mut PatIdent) {
        let name = variable.ident.to_string();
        if !self.of_user.contains(&name) {
            self.names.insert(name);
        }
        visit_mut::visit_pat_ident_mut(self, variable);
    }
}

// If an item of the user has the name of a variable, a pattern with this name matches the item and
// binds no variable: a constant, a static or a unit struct. Hygiene does not prevent this, because
// hygiene concerns only variables.
#[test]
fn no_variable_of_an_expansion_has_the_name_of_an_item() {
    let mut all = BTreeSet::new();
    for path in sources("src/expand/snapshots") {
        // The snapshot of a retry names this variable with the key `attempt`.
        let mut bound =
            BoundNames { of_user: vec!["attempt".to_owned()], names: BTreeSet::default() };
        bound.visit_file_mut(&mut parsed(&path));
        all.append(&mut bound.names);
    }
    assert!(all.len() > 20, "{all:?}");
    let program = "../tests/programs/items_of_the_user_with_names_of_variables.rs";
    let program = parsed(&Path::new(env!("CARGO_MANIFEST_DIR")).join(program));
    let declared: BTreeSet<String> = words(program.into_token_stream()).into_iter().collect();
    for name in all {
        let item = name.strip_prefix("__").unwrap_or_else(|| panic!("`{name}` could collide"));
        assert!(declared.contains(item), "the program declares no item `{item}`");
    }
}

/// Returns all tokens, at any depth.
fn words(tokens: TokenStream) -> Vec<String> {
    let words = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => words(group.stream()),
        token => vec![token.to_string()],
    });
    words.collect()
}
