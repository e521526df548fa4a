//! Finds the imports between the files of a crate. A file imports an item of another file by a
//! `use`, or by a path in its code.
//!
//! The search follows a path through re-exports to the file that defines the item. A re-export is
//! an import only if its own file uses the name. The search leaves out code under `cfg(test)`,
//! attributes, and code in `quote!`.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One file uses an item of another file of the same crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The path in the code.
    pub(crate) path: String,
}

/// Returns the imports between the files of a crate. Each element of `files` is (path below `src`,
/// text).
pub(crate) fn imports(files: &[(String, String)]) -> BTreeSet<Import> {
    let mut tree = Tree { files: files.iter().cloned().collect(), modules: Vec::new() };
    let root = tree.add("lib.rs", None);
    let items = tree.parse("lib.rs");
    tree.load(root, "", items);

    let mut found = BTreeSet::new();
    for (at, module) in tree.modules.iter().enumerate() {
        for (path, kind) in &module.paths {
            let to = match (tree.resolve(at, path, 0), kind) {
                (_, PathKind::Name) if !module.re_exports.contains(&path[0]) => continue,
                (Target::Item(to), _) | (Target::Module(to), PathKind::Glob) => to,
                _ => continue,
            };
            let (from, to) = (&module.file, &tree.modules[to].file);
            if from != to {
                let (from, to, path) = (from.clone(), to.clone(), path.join("::"));
                found.insert(Import { from, to, path });
            }
        }
    }
    found
}

/// Returns the name of the module in a file, such as `breaker/window`. Returns `""` for `lib.rs`.
pub(crate) fn module_of(file: &str) -> &str {
    let module = file.strip_suffix(".rs").unwrap_or(file);
    match module {
        "lib" | "mod" => "",
        _ => module.strip_suffix("/mod").unwrap_or(module),
    }
}

#[derive(Debug, Default)]
struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    /// The names that `use` imports, each with its path.
    aliases: Vec<(String, Vec<String>)>,
    globs: Vec<Vec<String>>,
    /// The imported names that other modules can use.
    re_exports: BTreeSet<String>,
    /// All paths in the code of the module.
    paths: Vec<(Vec<String>, PathKind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathKind {
    Plain,
    Glob,
    /// A single name. It names an item of the file itself, or a name that a `use` imports.
    Name,
}

enum Target {
    Module(usize),
    /// An item that this module defines.
    Item(usize),
    Outside,
}

struct Tree {
    files: BTreeMap<String, String>,
    modules: Vec<Module>,
}

impl Tree {
    fn add(&mut self, file: &str, parent: Option<usize>) -> usize {
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        self.modules.len() - 1
    }

    fn parse(&self, file: &str) -> Vec<syn::Item> {
        let text = &self.files[file];
        syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}")).items
    }

    /// Reads the items of module `at`, whose child modules are in files below `folder`.
    fn load(&mut self, at: usize, folder: &str, items: Vec<syn::Item>) {
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            let syn::Item::Mod(child) = item else {
                self.modules[at].items.extend(name(&item));
                Reader(&mut self.modules[at]).visit_item(&item);
                continue;
            };
            let name = child.ident.to_string();
            let below = format!("{folder}{name}/");
            let (file, below, items) = if let Some((_, items)) = child.content {
                (self.modules[at].file.clone(), below, items)
            } else if let Some(path) = path_attribute(&child.attrs) {
                let file = format!("{folder}{path}");
                let below = file[..=file.rfind('/').unwrap_or(0)].to_owned();
                let items = self.parse(&file);
                (file, below, items)
            } else {
                let both = [format!("{folder}{name}.rs"), format!("{below}mod.rs")];
                let file = both.into_iter().find(|file| self.files.contains_key(file));
                let file = file.unwrap_or_else(|| panic!("no file of module {folder}{name}"));
                let items = self.parse(&file);
                (file, below, items)
            };
            // Two `cfg`s may each declare the same module.
            let child = match self.modules[at].children.get(&name) {
                Some(&child) => child,
                None => self.add(&file, Some(at)),
            };
            self.modules[at].children.insert(name, child);
            self.load(child, &below, items);
        }
    }

    /// Returns the target of a path in module `from`.
    fn resolve(&self, from: usize, path: &[String], depth: u32) -> Target {
        // If `foo` is another crate, `use foo::foo` would resolve to itself for ever.
        if depth > 16 {
            return Target::Outside;
        }
        let mut at = from;
        for (nth, name) in path.iter().enumerate() {
            let module = &self.modules[at];
            let is_last = nth + 1 == path.len();
            match name.as_str() {
                "crate" => at = 0,
                "self" => {}
                "super" => match module.parent {
                    Some(parent) => at = parent,
                    None => return Target::Outside,
                },
                _ if is_last && module.items.contains(name) => return Target::Item(at),
                _ if module.children.contains_key(name) => at = module.children[name],
                _ if module.items.contains(name) => return Target::Item(at),
                _ => match self.imported(at, name, depth) {
                    Some(Target::Module(other)) => at = other,
                    Some(other) => return other,
                    None if nth == 0 => return Target::Outside,
                    // A macro may define the item. Macros are not expanded here.
                    None => return Target::Item(at),
                },
            }
        }
        Target::Module(at)
    }

    /// Returns the target of a name that module `at` imports, or `None` if the module does not
    /// import the name.
    fn imported(&self, at: usize, name: &str, depth: u32) -> Option<Target> {
        let module = &self.modules[at];
        if let Some((_, path)) = module.aliases.iter().find(|(alias, _)| alias == name) {
            return Some(self.resolve(at, path, depth + 1));
        }
        for path in &module.globs {
            let Target::Module(other) = self.resolve(at, path, depth + 1) else {
                continue;
            };
            let there = &self.modules[other];
            if there.items.contains(name) {
                return Some(Target::Item(other));
            }
            if let Some(&child) = there.children.get(name) {
                return Some(Target::Module(child));
            }
            if let Some((_, path)) = there.aliases.iter().find(|(alias, _)| alias == name) {
                return Some(self.resolve(other, path, depth + 1));
            }
        }
        None
    }
}

/// Collects the imports and paths of a module's items.
struct Reader<'a>(&'a mut Module);

impl Reader<'_> {
    fn import(&mut self, mut path: Vec<String>, tree: &syn::UseTree, is_public: bool) {
        match tree {
            syn::UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.import(path, &part.tree, is_public);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(path.clone(), tree, is_public);
                }
            }
            syn::UseTree::Glob(_) => {
                self.0.globs.push(path.clone());
                if !is_public {
                    self.0.paths.push((path, PathKind::Glob));
                }
            }
            syn::UseTree::Name(name) => self.alias(path, &name.ident, &name.ident, is_public),
            syn::UseTree::Rename(renamed) => {
                self.alias(path, &renamed.ident, &renamed.rename, is_public);
            }
        }
    }

    fn alias(
        &mut self,
        mut path: Vec<String>,
        name: &syn::Ident,
        alias: &syn::Ident,
        is_public: bool,
    ) {
        let mut alias = alias.to_string();
        if name == "self" {
            if alias == "self" {
                alias = path.last().cloned().unwrap_or_default();
            }
        } else {
            path.push(name.to_string());
        }
        self.0.aliases.push((alias.clone(), path.clone()));
        if is_public {
            self.0.re_exports.insert(alias);
        } else {
            self.0.paths.push((path, PathKind::Plain));
        }
    }

    fn path(&mut self, path: Vec<String>) {
        let kind = if path.len() == 1 { PathKind::Name } else { PathKind::Plain };
        self.0.paths.push((path, kind));
    }

    /// Collects the paths in the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    self.tokens(group.stream());
                }
                _ => self.end_path(&mut path),
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.path(std::mem::take(path));
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let is_public = !matches!(item.vis, syn::Visibility::Inherited);
            self.import(Vec::new(), &item.tree, is_public);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let names = path.segments.iter().map(|segment| segment.ident.to_string());
            self.0.paths.push((names.collect(), PathKind::Plain));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        let last = invoked.path.segments.last();
        let last = last.map(|segment| segment.ident.to_string()).unwrap_or_default();
        if !["quote", "quote_spanned", "parse_quote"].contains(&last.as_str()) {
            self.tokens(invoked.tokens.clone());
        }
        visit::visit_macro(self, invoked);
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

/// Returns whether `#[cfg(test)]` or `#[test]` is among the attributes.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) => {
            let text = list.tokens.to_string().replace(' ', "");
            list.path.is_ident("cfg") && (text == "test" || text.starts_with("all(test,"))
        }
        syn::Meta::NameValue(_) => false,
    })
}

/// Returns the value of `#[path = "…"]`.
fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &syn::Item) -> Option<String> {
    use syn::Item;
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let files: Vec<_> =
            files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect();
        let found: BTreeSet<_> =
            imports(&files).into_iter().map(|import| (import.from, import.to)).collect();
        found.into_iter().collect()
    }

    fn edge(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn imports_are_followed_to_the_file_that_defines_the_item() {
        let found = edges(&[
            ("lib.rs", "mod up; mod down;"),
            ("down/mod.rs", "mod inner; pub use self::inner::Thing as Renamed;"),
            ("down/inner.rs", "pub struct Thing;"),
            ("up.rs", "use crate::down::Renamed;"),
        ]);
        assert_eq!(found, [edge("up.rs", "down/inner.rs")]);
    }

    #[test]
    fn every_form_of_a_path_is_an_import() {
        for text in [
            "use crate::other::f;",
            "use super::other::{f as g};",
            "use crate::other::*;",
            "fn g() { crate::other::f() }",
            "use crate::other; fn g() { other::f() }",
            "use crate::{other as another}; fn g() { another::f() }",
            "use super::other::{self}; fn g() { other::f() }",
            "fn g() { use crate::other::f; }",
            "fn g() { assert!(1 == crate::other::f()); }",
            "macro_rules! m { () => { $crate::other::f() } }",
            "impl crate::other::Tr for u8 {}",
            "mod inline { fn g() { super::super::other::f() } }",
            "fn g(_: Vec<crate::other::S>) {}",
        ] {
            let other = "pub fn f() {} pub trait Tr {} pub struct S;";
            let found =
                edges(&[("lib.rs", "mod a; mod other;"), ("a.rs", text), ("other.rs", other)]);
            assert_eq!(found, [edge("a.rs", "other.rs")], "{text}");
        }
    }

    #[test]
    fn code_that_is_not_an_import_is_left_out() {
        for text in [
            "use crate::other;",
            "#[path = \"sub/b.rs\"] mod b;",
            "use std::other::f; fn g() { ::other::f() }",
            "#[cfg(test)] mod tests { use crate::other::f; }",
            "#[cfg(test)] fn g() { crate::other::f() }",
            "pub(in crate::other) fn g() {}",
            "/// [`crate::other::f`]\nfn g() {}",
            "fn g() { quote!(crate::other::f()) }",
            "use self::f; fn f() {}",
            "use foo::foo; fn g() { foo::bar::baz() }",
        ] {
            let found = edges(&[
                ("lib.rs", "mod a; mod other;"),
                ("a.rs", text),
                ("other.rs", "pub fn f() {}"),
                ("a/sub/b.rs", "mod c;"),
                ("a/sub/c.rs", ""),
            ]);
            assert_eq!(found, [], "{text}");
        }
    }
}
