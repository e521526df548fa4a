//! The links of the first pages work in a repository and in rustdoc.
//!
//! A page defines the label of each link at its end, with a path to a file. `src/links.md` defines
//! the same labels for rustdoc, with paths to modules and items. It is included before each page,
//! and the first definition of a label wins.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::pages::{Page, read, strict_pages, workspace};

/// Returns the labels that a text defines, each with its target.
fn definitions<'a>(lines: &[&'a str]) -> BTreeMap<&'a str, &'a str> {
    let definition = |line: &&'a str| line.strip_prefix('[')?.split_once("]: ");
    lines.iter().filter_map(definition).collect()
}

/// The labels for rustdoc of the crate that includes this page. The label of the picture is in
/// `src/outage_picture.md`.
fn labels_for_rustdoc(page: &str) -> BTreeSet<String> {
    let folders = ["resilient-http/", "resilient-tower/", "integrations/classify/"];
    let folder = folders.into_iter().find(|folder| page.starts_with(folder)).unwrap_or_default();
    let links = read(&format!("{folder}src/links.md"));
    let labels = definitions(&links.prose()).into_keys().map(str::to_owned);
    labels.chain((page == "README.md").then(|| "outage picture".to_owned())).collect()
}

/// Returns the anchors of a page, which renderers derive from its headings.
fn anchors(page: &Page) -> Vec<String> {
    let headings = page.prose().into_iter().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        text.chars().filter(is_kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// Says what is wrong with the target of a link of a page.
fn fault_of_target(page: &Page, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(&page.path).parent().unwrap();
    let path = folder.join(file);
    if !workspace().join(&path).exists() {
        return Some(format!("{target}: no such file"));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = match file {
        "" => page.text.clone(),
        _ => fs::read_to_string(workspace().join(&path)).unwrap_or_default(),
    };
    let is_there = anchors(&Page::parse("", &text)).iter().any(|one| one == anchor);
    (!is_there).then(|| format!("{target}: no such heading"))
}

fn is_elsewhere(target: &str) -> bool {
    target.starts_with("http://") || target.starts_with("https://")
}

/// Returns the targets of inline links: `[text](target)`.
fn inline_targets<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let targets = lines.iter().flat_map(|line| line.split("](").skip(1));
    targets.filter_map(|rest| rest.split(')').next()).collect()
}

/// Returns the labels that a text uses: `[text][label]`.
fn used_labels<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let uses = lines.iter().flat_map(|line| line.split("][").skip(1));
    uses.filter_map(|rest| rest.split(']').next()).collect()
}

/// Returns the labels of links without a text, `[label]`, that rustdoc knows and the page does not.
fn undefined_shortcuts(
    lines: &[&str],
    labels: &BTreeMap<&str, &str>,
    for_rustdoc: &BTreeSet<String>,
) -> Vec<String> {
    let prose: Vec<_> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    let prose = prose.join(" ").to_lowercase();
    let labels: Vec<_> = labels.keys().map(|label| label.to_lowercase()).collect();
    let is_used = |label: &&String| {
        let shortcut = format!("[{}]", label.to_lowercase());
        let parts: Vec<_> = prose.split(&shortcut).collect();
        // An attribute, or a part of `[text][label]`, is no link without a text.
        let is_link = |before: &str, after: &str| {
            !before.ends_with(['#', ']']) && !after.starts_with(['[', '(', ':'])
        };
        parts.windows(2).any(|around| is_link(around[0], around[1]))
    };
    let undefined = for_rustdoc.iter().filter(|label| !labels.contains(&label.to_lowercase()));
    undefined.filter(is_used).cloned().collect()
}

/// Whether a line has a link such as ``[`#[retry]`]``, without a label or a target.
fn has_shortcut_with_brackets(line: &str) -> bool {
    line.split("]`]").skip(1).any(|rest| !rest.starts_with(['[', '(', ':']))
}

fn faults(page: &Page, for_rustdoc: &BTreeSet<String>) -> Vec<String> {
    let lines = page.prose();
    let mut faults = Vec::new();
    let labels = definitions(&lines);
    for (label, target) in &labels {
        if is_elsewhere(target) {
            continue;
        }
        faults.extend(fault_of_target(page, target));
        if !for_rustdoc.contains(*label) {
            faults.push(format!("`[{label}]` is not defined in links.md, for rustdoc"));
        }
    }
    for target in inline_targets(&lines) {
        if target.starts_with('#') {
            faults.extend(fault_of_target(page, target));
        } else if !is_elsewhere(target) {
            faults.push(format!("`({target})`: define a label for it at the end of the page"));
        }
    }
    // A label cannot contain brackets, not even in a code span.
    for line in
        lines.iter().filter(|line| line.contains("]`]:") || has_shortcut_with_brackets(line))
    {
        faults.push(format!("`{line}`: write [`#[retry]`][retry]"));
    }
    for label in used_labels(&lines) {
        if !labels.contains_key(label) {
            faults.push(format!("`[{label}]` is not defined at the end of the page"));
        }
    }
    for label in undefined_shortcuts(&lines, &labels, for_rustdoc) {
        faults.push(format!("`[{label}]` is not defined at the end of the page"));
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", page.path)).collect()
}

#[test]
fn each_link_leads_to_a_file_and_has_a_definition_for_rustdoc() {
    let pages = strict_pages();
    let faults: Vec<_> =
        pages.iter().flat_map(|path| faults(&read(path), &labels_for_rustdoc(path))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_recipe_is_in_the_index() {
    let index = read("docs/recipes/README.md");
    let lines = index.prose();
    let labels = definitions(&lines);
    let targets: Vec<_> = used_labels(&lines).iter().map(|label| labels[label]).collect();
    for path in strict_pages() {
        if let Some(name) = path.strip_prefix("docs/recipes/").filter(|name| *name != "README.md") {
            assert!(targets.contains(&name), "the index has no link to {name}");
        }
    }
}

#[test]
fn each_line_of_the_labels_for_rustdoc_defines_another_label() {
    for path in ["src/links.md", "resilient-http/src/links.md"] {
        let page = read(path);
        let lines = page.prose();
        assert_eq!(definitions(&lines).len(), lines.len(), "{path}");
    }
}

#[test]
fn each_kind_of_wrong_link_is_found() {
    let page = Page::parse(
        "docs/made-up.md",
        "# A `title`, here\n[a](#a-title-here) [b](#none) [c](file.md) [d][e] [f][g]\n\
         [`#[i]`] [`#[k]`][k] [Time\nlimits] [x]\n\
         ```text\n[h](i.md)\n```\n[g]: none.md\n[j]: STYLE.md\n[k]: https://example.com\n",
    );
    let found = faults(&page, &BTreeSet::from(["g", "time limits"].map(str::to_owned)));
    let expected = [
        "none.md: no such file",
        "`[j]` is not defined in links.md, for rustdoc",
        "#none: no such heading",
        "`(file.md)`: define a label for it at the end of the page",
        "`[`#[i]`] [`#[k]`][k] [Time`: write [`#[retry]`][retry]",
        "`[e]` is not defined at the end of the page",
        "`[time limits]` is not defined at the end of the page",
    ];
    assert_eq!(found, expected.map(|fault| format!("docs/made-up.md: {fault}")));
}
