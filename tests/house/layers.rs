//! Checks the imports between crates, and between the modules of a crate, against the tables below.
//!
//! This command prints what a crate imports today, including circles:
//!
//! ```text
//! LAYERS=1 cargo test --test house layers -- --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::circles::circles;
use crate::imports::{Import, imports, module_of};
use crate::workspace::{libraries, root, rust_files};

/// A row of a table: the modules of the row, and the modules that these modules may use. They may
/// also use everything that the used modules may use. A submodule belongs to the row of its parent
/// module, unless a row lists the submodule itself.
type Layer = (&'static [&'static str], &'static [&'static str]);

struct Crate {
    folder: &'static str,
    /// The rows, lowest row first. If there are no rows, modules may import each other in any
    /// order, but not in circles.
    layers: &'static [Layer],
    /// The modules that every module may use, except the modules of the lowest row.
    everywhere: &'static [&'static str],
    /// Imports that are allowed although they go up or close a circle, as (from, to). A comment
    /// gives the reason. The test fails if an exception is not needed.
    exceptions: &'static [(&'static str, &'static str)],
}

/// The rules of each crate. In a crate that is not listed, modules may import each other in any
/// order, but not in circles.
const CRATES: &[Crate] = &[
    Crate {
        folder: "resilient-core",
        layers: &[
            (&["platform"], &[]),
            (&["signal"], &["platform"]),
            (&["settings"], &["signal"]),
            (&["event"], &["signal"]),
            (&["telemetry"], &["event"]),
            // This module calculates with instants and reads no clock.
            (&["time/instant"], &[]),
            (&["time"], &["telemetry", "time/instant"]),
            (
                &["breaker/config", "breaker/window", "breaker/machine"],
                &["time/instant", "settings"],
            ),
            (&["breaker/shared"], &["breaker/machine", "event", "time", "telemetry"]),
            (&["breaker"], &["breaker/shared"]),
            (&["deadline"], &["time"]),
            (&["retry"], &["breaker", "deadline"]),
            (&["keyed"], &["breaker"]),
            (&["registry"], &["keyed", "breaker", "retry"]),
            (&["call_site"], &["registry"]),
            (&["metrics", "testing", "expansion"], &["call_site"]),
            (&[""], &["expansion"]),
        ],
        everywhere: &["signal", "platform"],
        exceptions: &[],
    },
    Crate {
        folder: "resilient-macros",
        layers: &[
            (&["emit", "error", "literal", "tokens"], &[]),
            (&["scan"], &["tokens"]),
            (&["args"], &["scan"]),
            (&["derive", "item"], &["args"]),
            (&["normalize"], &["item"]),
            (&["expand"], &["normalize"]),
            (&["driver"], &["expand"]),
            (&[""], &["driver", "derive"]),
        ],
        everywhere: &[],
        exceptions: &[],
    },
    Crate {
        folder: "resilient-http",
        layers: &[
            (&["log_target", "redact", "setters", "time_limit"], &[]),
            (&["response"], &["redact"]),
            (&["error"], &["response"]),
            (&["hold_back"], &["response", "time_limit"]),
            (&["address", "request"], &["error"]),
            (&["transport"], &["request"]),
            (&["client"], &["address", "hold_back", "setters", "transport", "time_limit"]),
            (&["stream"], &["client"]),
            (&["call"], &["stream"]),
            (&["pages"], &["call"]),
            (&["cache"], &["call"]),
            (&["endpoint"], &["cache"]),
            (&[""], &["endpoint", "pages"]),
        ],
        everywhere: &[],
        exceptions: &[],
    },
];

/// The crates of this workspace that each crate may depend on. Plug-ins may depend only on the
/// facade.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("resilient-settings", &[]),
    ("resilient-macros", &["resilient-settings"]),
    ("resilient-core", &["resilient-settings"]),
    ("", &["resilient-core", "resilient-macros"]),
    ("resilient-http", &["resilient-attributes", "resilient-classify"]),
    ("resilient-tower", &["resilient-attributes", "resilient-classify"]),
];

#[test]
fn imports_go_down_and_not_in_circles() {
    let mut wrong = Vec::new();
    for folder in libraries() {
        let files = rust_files(&root().join(&folder).join("src"));
        let all = imports(&files);
        let none = Crate { folder: "", layers: &[], everywhere: &[], exceptions: &[] };
        let rules = CRATES.iter().find(|rules| rules.folder == folder).unwrap_or(&none);
        let found = faults(rules, &files, &all);
        if std::env::var_os("LAYERS").is_some() {
            print(&folder, rules, &files, &all, &found);
        }
        wrong.extend(found.iter().map(|fault| format!("{folder}: {fault}")));
    }
    for rules in CRATES {
        if !root().join(rules.folder).join("src").exists() {
            wrong.push(format!("{} is in the table and not in the workspace", rules.folder));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_depend_only_on_crates_below() {
    let mut wrong = Vec::new();
    for folder in libraries() {
        if folder.starts_with("resilient-test") {
            continue;
        }
        let known = DEPENDENCIES.iter().find(|(of, _)| *of == folder);
        let allowed = known.map_or(&["resilient-attributes"][..], |(_, allowed)| allowed);
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).unwrap();
        for dependency in our_dependencies(&manifest) {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("`{folder}` may not depend on `{dependency}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Returns the crates of this workspace that a manifest names under `[dependencies]`.
pub(crate) fn our_dependencies(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim();
        } else if section == "[dependencies]" && line.starts_with("resilient") {
            let name = line.split([' ', '=', '.']).next().unwrap_or_default();
            found.push(name.to_owned());
        }
    }
    found
}

/// Returns a message for each import that breaks the rules of the crate.
fn faults(rules: &Crate, files: &[(String, String)], all: &BTreeSet<Import>) -> Vec<String> {
    let mut wrong = Vec::new();
    if !rules.layers.is_empty() {
        for (file, _) in files.iter().filter(|(file, _)| layer(rules, file).is_none()) {
            let tests = ["tests", "_tests.rs", "/tests.rs", "snapshots"];
            if !tests.iter().any(|part| file.contains(part)) {
                wrong.push(format!("{file} has no row in the table"));
            }
        }
    }
    for module in rules.layers.iter().flat_map(|(modules, _)| *modules) {
        if !files.iter().any(|(file, _)| is_in(file, module)) {
            wrong.push(format!("`{module}` has a row in the table and no file"));
        }
    }
    let excepted =
        |import: &Import| rules.exceptions.contains(&(import.from.as_str(), import.to.as_str()));
    let (excepted, kept): (Vec<&Import>, Vec<&Import>) = all.iter().partition(|&one| excepted(one));
    for Import { from, to, path } in kept.iter().copied().filter(|import| goes_up(rules, import)) {
        wrong.push(format!("{from} may not use {to}: `{path}` goes up"));
    }
    for circle in circles(&edges(&kept)) {
        wrong.push(format!("{} files import each other in a circle: {circle:?}", circle.len()));
    }
    let circles = circles(&edges(&all.iter().collect::<Vec<_>>()));
    let needed: BTreeSet<_> = excepted
        .iter()
        .filter(|import| goes_up(rules, import) || closes(&circles, import))
        .map(|import| (import.from.as_str(), import.to.as_str()))
        .collect();
    for exception in rules.exceptions.iter().filter(|exception| !needed.contains(exception)) {
        wrong.push(format!("the exception {exception:?} is no longer needed: delete it"));
    }
    wrong
}

fn edges<'a>(imports: &[&'a Import]) -> BTreeSet<(&'a str, &'a str)> {
    imports.iter().map(|import| (import.from.as_str(), import.to.as_str())).collect()
}

/// Returns whether both ends of the import are in one of these circles.
fn closes(circles: &[BTreeSet<&str>], import: &Import) -> bool {
    let (from, to) = (import.from.as_str(), import.to.as_str());
    circles.iter().any(|circle| circle.contains(from) && circle.contains(to))
}

fn is_in(file: &str, module: &str) -> bool {
    let of_file = module_of(file);
    let rest = of_file.strip_prefix(module);
    match module {
        "" => of_file.is_empty(),
        _ => rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// Returns the row of the module that contains the file. If several listed modules contain it, the
/// innermost module counts. If no listed module contains it, returns `None`.
fn layer(rules: &Crate, file: &str) -> Option<usize> {
    let rows = rules.layers.iter().enumerate();
    let modules = rows.flat_map(|(row, (modules, _))| modules.iter().map(move |one| (row, one)));
    let around = modules.filter(|(_, module)| is_in(file, module));
    around.max_by_key(|(_, module)| module.len()).map(|(row, _)| row)
}

fn goes_up(rules: &Crate, import: &Import) -> bool {
    let (Some(from), Some(to)) = (layer(rules, &import.from), layer(rules, &import.to)) else {
        return false;
    };
    from != to && !below(rules, from).contains(&to)
}

/// Returns the rows that a row may use.
fn below(rules: &Crate, row: usize) -> BTreeSet<usize> {
    let row_of = |module: &str| {
        let found = rules.layers.iter().position(|(modules, _)| modules.contains(&module));
        found.unwrap_or_else(|| panic!("{}: no row of `{module}`", rules.folder))
    };
    let everywhere = rules.everywhere.iter().map(|module| row_of(module));
    let mut rows: BTreeSet<usize> = everywhere.collect();
    let mut ahead = vec![row];
    while let Some(row) = ahead.pop() {
        for other in rules.layers[row].1.iter().map(|module| row_of(module)) {
            rows.insert(other);
            ahead.push(other);
        }
    }
    // The lowest row may use no other row, not even the modules in `everywhere`.
    if row == 0 { BTreeSet::new() } else { rows }
}

/// Prints the forbidden imports of a crate, and the lines of `exceptions` that would allow them.
fn print(
    folder: &str,
    rules: &Crate,
    files: &[(String, String)],
    all: &BTreeSet<Import>,
    found: &[String],
) {
    let circles = circles(&edges(&all.iter().collect::<Vec<_>>()));
    let in_circles: usize = circles.iter().map(BTreeSet::len).sum();
    let largest = circles.iter().map(BTreeSet::len).max().unwrap_or(0);
    println!(
        "\n== {}: {} files, {} imports, {} circles of {in_circles} files, {largest} in the largest",
        if folder.is_empty() { "facade" } else { folder },
        files.len(),
        edges(&all.iter().collect::<Vec<_>>()).len(),
        circles.len(),
    );
    for fault in found {
        println!("{fault}");
    }
    let mut exceptions: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for import in all.iter().filter(|one| goes_up(rules, one) || closes(&circles, one)) {
        exceptions.insert((&import.from, &import.to), &import.path);
    }
    for ((from, to), path) in exceptions {
        println!("    ({from:?}, {to:?}), // {path}");
    }
}

/// A crate for the tests of this file. It has three layers, and `low` is the lowest.
const MADE_UP: Crate = Crate {
    folder: "made-up",
    layers: &[
        (&["low"], &[]),
        (&["middle"], &["low"]),
        (&["high"], &["middle"]),
        (&[""], &["high"]),
    ],
    everywhere: &[],
    exceptions: &[],
};

fn made_up_faults(rules: &Crate, low: &str, middle: &str, high: &str) -> Vec<String> {
    let texts = [
        ("lib.rs", "mod low; mod middle; mod high; pub use high::high;"),
        ("low.rs", low),
        ("middle/mod.rs", "mod inner; pub(crate) use inner::middle;"),
        ("middle/inner.rs", middle),
        ("high.rs", high),
    ];
    let files = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
    faults(rules, &files, &imports(&files))
}

#[test]
fn faults_are_found_in_a_made_up_crate() {
    let good = "pub fn high() { crate::middle::middle(); crate::low::low() }";
    let found = |low, middle| made_up_faults(&MADE_UP, low, middle, good);
    let low = "pub fn low() {}";
    let middle = "use crate::low::low; pub fn middle() { low() }";
    assert_eq!(found(low, middle), [] as [&str; 0]);

    let up = "pub fn low() {} use crate::high;  fn up() { high::high() }";
    let faults = found(up, "pub fn middle() {}");
    assert_eq!(faults[0], "low.rs may not use high.rs: `high::high` goes up");
    assert!(faults[1].starts_with("2 files import each other"), "{faults:?}");
    assert_eq!(faults.len(), 2);

    let hidden = "pub fn low() { crate::middle::middle() }";
    let faults = found(hidden, middle);
    assert_eq!(
        faults,
        [
            "low.rs may not use middle/inner.rs: `crate::middle::middle` goes up",
            "2 files import each other in a circle: {\"low.rs\", \"middle/inner.rs\"}",
        ]
    );
}

#[test]
fn exceptions_and_rows_that_are_not_needed_are_found() {
    let up = "pub fn low() { crate::high::high() }";
    let (middle, high) = ("pub fn middle() {}", "pub fn high() {}");
    let with = |exceptions| Crate { exceptions, ..MADE_UP };
    let excepted = with(&[("low.rs", "high.rs")]);
    assert_eq!(made_up_faults(&excepted, up, middle, high), [] as [&str; 0]);

    let faults = made_up_faults(&excepted, "pub fn low() {}", middle, high);
    assert_eq!(faults, [r#"the exception ("low.rs", "high.rs") is no longer needed: delete it"#]);

    let rows = Crate { layers: &[(&["low"], &[]), (&["gone"], &[]), (&[""], &["low"])], ..MADE_UP };
    let faults = made_up_faults(&rows, "pub fn low() {}", middle, high);
    assert!(faults.contains(&"high.rs has no row in the table".to_owned()), "{faults:?}");
    assert!(faults.contains(&"`gone` has a row in the table and no file".to_owned()), "{faults:?}");
}

#[test]
fn our_dependencies_are_read_from_a_manifest() {
    let manifest = "[package]\nname = \"resilient\"\n[dependencies]\nbytes = \"1\"\n\
                    resilient-core = { path = \"..\" }\nresilient.workspace = true\n\
                    [dev-dependencies]\nresilient-testkit = \"1\"\n";
    assert_eq!(our_dependencies(manifest), ["resilient-core", "resilient"]);
}
