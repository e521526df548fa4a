//! The code in the first pages is copied from tested files, as it stands there.
//!
//! Before each block of Rust stands a comment that names the file, and the part of it that the
//! block shows: `<!-- excerpt: examples/first_call.rs#charge -->`. Lines `// excerpt: charge` and
//! `// end excerpt` delimit the part. Without `#…`, the block shows the whole file. A line that
//! ends with `// not shown` serves only the tests of the file. `.ci/recipes` builds what is shown.
//!
//! With `UPDATE_DOCS=1`, the test writes the blocks instead of comparing them.

use std::collections::BTreeMap;
use std::fs;

use crate::pages::{Block, Page, read, strict_pages, workspace};

const MOST_COLUMNS: usize = 90;
const NOT_SHOWN: &str = "// not shown";

/// Returns the part of a file that `name` marks, without its indentation. Parts with one name are
/// joined with an empty line between them.
fn part(source: &str, name: &str) -> Result<String, String> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    // The names of the parts around a line.
    let mut within = Vec::new();
    for line in source.lines() {
        if let Some(begun) = line.trim().strip_prefix("// excerpt: ") {
            within.push(begun);
            if begun == name {
                parts.push(Vec::new());
            }
        } else if line.trim() == "// end excerpt" {
            within.pop().ok_or("it has an `// end excerpt` without a begin")?;
        } else if within.contains(&name) && !line.ends_with(NOT_SHOWN) {
            parts.last_mut().expect("the part has begun").push(line);
        }
    }
    if let Some(open) = within.first() {
        return Err(format!("the excerpt `{open}` has no end"));
    }
    if parts.is_empty() {
        return Err(format!("it has no excerpt `{name}`"));
    }
    let parts: Vec<_> = parts.iter().map(|lines| without_indentation(lines)).collect();
    Ok(parts.join("\n\n"))
}

fn without_indentation(lines: &[&str]) -> String {
    let indentations = lines.iter().filter(|line| !line.trim().is_empty());
    let indentation = indentations.map(|line| line.len() - line.trim_start().len()).min();
    let lines = lines.iter().map(|line| line.get(indentation.unwrap_or(0)..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// Returns a whole file without the comment at its head and without the lines that delimit parts.
fn whole(source: &str) -> String {
    let is_shown = |line: &&str| {
        let is_marker = line.trim().starts_with("// excerpt: ") || line.trim() == "// end excerpt";
        !is_marker && !line.ends_with(NOT_SHOWN)
    };
    let lines = source.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    lines.filter(is_shown).collect::<Vec<_>>().join("\n")
}

/// Returns the text that a block should have, by the comment before it.
fn expected(source_of_block: &str) -> Result<String, String> {
    let (path, name) = match source_of_block.split_once('#') {
        Some((path, name)) => (path, Some(name)),
        None => (source_of_block, None),
    };
    let source = fs::read_to_string(workspace().join(path));
    let source = source.map_err(|error| format!("{path}: {error}"))?;
    let text = name.map_or_else(|| Ok(whole(&source)), |name| part(&source, name));
    text.map_err(|error| format!("{path}: {error}"))
}

/// Returns the page with the text of each excerpt, and what is wrong in it.
fn with_excerpts(page: &Page) -> (String, Vec<String>) {
    let mut faults = Vec::new();
    let mut replaced = BTreeMap::new();
    for Block { line, language, excerpt, text } in &page.blocks {
        let Some(excerpt) = excerpt else {
            if language.starts_with("rust") {
                faults.push(format!("{}:{line}: no `<!-- excerpt: … -->` before it", page.path));
            }
            continue;
        };
        match expected(excerpt) {
            Ok(wanted) if wanted == *text => {}
            Ok(wanted) => {
                faults.push(format!("{}:{line}: differs from {excerpt}", page.path));
                replaced.insert(*line, (text.lines().count(), wanted));
            }
            Err(error) => faults.push(format!("{}:{line}: {error}", page.path)),
        }
    }
    let mut lines = page.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let mut text = String::new();
    while let Some((number, line)) = lines.next() {
        text.push_str(line);
        text.push('\n');
        if let Some((old_lines, wanted)) = replaced.get(&number) {
            for _ in 0..*old_lines {
                lines.next();
            }
            text.push_str(wanted);
            text.push('\n');
        }
    }
    (text, faults)
}

#[test]
fn each_block_of_rust_is_an_excerpt_of_a_tested_file() {
    let updates = std::env::var_os("UPDATE_DOCS").is_some();
    let mut faults = Vec::new();
    for path in strict_pages() {
        let page = read(&path);
        let (text, found) = with_excerpts(&page);
        if updates && text != page.text {
            fs::write(workspace().join(&path), text).unwrap();
            faults.extend(with_excerpts(&read(&path)).1);
        } else {
            faults.extend(found);
        }
    }
    let command = "cargo test -p resilient-tests --all-features --test docs excerpts";
    assert!(faults.is_empty(), "{}\nto write them: UPDATE_DOCS=1 {command}", faults.join("\n"));
}

#[test]
fn no_line_of_code_is_wider_than_ninety_columns_or_hidden() {
    let mut faults = Vec::new();
    for path in strict_pages() {
        for block in read(&path).blocks {
            for (index, line) in block.text.lines().enumerate() {
                let at = block.line + 1 + index;
                if line.chars().count() > MOST_COLUMNS {
                    faults.push(format!("{path}:{at}: {} columns", line.chars().count()));
                }
                let is_hidden = line.starts_with("# ") || line == "#";
                if block.language.starts_with("rust") && is_hidden {
                    faults.push(format!("{path}:{at}: a line that only rustdoc hides"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_part_of_a_file_is_found_by_its_name() {
    let source = "use a;\n    // excerpt: one\n    fn one() {\n        // excerpt: inner\n";
    let source =
        format!("{source}        b();\n        // end excerpt\n    }}\n    // end excerpt\n");
    let source = &format!("{source}// excerpt: inner\nc();\n// end excerpt\n");
    assert_eq!(part(source, "one").unwrap(), "fn one() {\n    b();\n}");
    assert_eq!(part(source, "inner").unwrap(), "b();\n\nc();");
    assert_eq!(part(source, "two").unwrap_err(), "it has no excerpt `two`");
    assert!(part("// excerpt: one\na();", "one").unwrap_err().contains("no end"));
    assert!(part("// end excerpt", "one").unwrap_err().contains("without a begin"));
    let source = "//! Head.\n\n// excerpt: a\nuse b;\nd(); // not shown\n// end excerpt\nc();\n";
    assert_eq!(whole(source), "use b;\nc();");
    assert_eq!(part(source, "a").unwrap(), "use b;");
}

#[test]
fn a_page_that_differs_from_its_file_is_found_and_can_be_written() {
    let page = |text: &str| Page::parse("made/up.md", text);
    let page = page(
        "<!-- excerpt: tests/docs/excerpt.txt#shown -->\n```rust\nold\n```\nafter\n\
                     ```rust\nbare\n```\n<!-- excerpt: tests/docs/none.rs -->\n```rust\n```\n",
    );
    let (text, faults) = with_excerpts(&page);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].starts_with("made/up.md:2: differs"), "{faults:?}");
    assert!(faults[1].starts_with("made/up.md:6: no `<!-- excerpt"), "{faults:?}");
    assert!(faults[2].starts_with("made/up.md:10: tests/docs/none.rs: "), "{faults:?}");
    assert!(text.contains("```rust\nshown();\n```\nafter\n"), "{text}");
}
