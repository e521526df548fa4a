//! Reads the pages that new users meet first.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of Markdown.
pub(crate) struct Page {
    /// Relative to the root of the workspace.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
}

/// A block of code of a page.
pub(crate) struct Block {
    /// The line of the opening fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    /// The text of the comment `<!-- excerpt: … -->` on the line before.
    pub(crate) excerpt: Option<String>,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let mut is_open = false;
        let mut before = "";
        for (index, line) in text.lines().enumerate() {
            if let Some(language) = line.strip_prefix("```") {
                if !is_open {
                    let excerpt = before.strip_prefix("<!-- excerpt: ");
                    let excerpt = excerpt.and_then(|rest| rest.strip_suffix(" -->"));
                    blocks.push(Block {
                        line: index + 1,
                        language: language.to_owned(),
                        excerpt: excerpt.map(str::to_owned),
                        text: String::new(),
                    });
                }
                is_open = !is_open;
            } else if is_open {
                let text = &mut blocks.last_mut().expect("a block is open").text;
                text.push_str(line);
                text.push('\n');
            }
            before = line;
        }
        for block in &mut blocks {
            block.text.truncate(block.text.trim_end_matches('\n').len());
        }
        Self { path: path.to_owned(), text: text.to_owned(), blocks }
    }

    /// Returns the text without its blocks of code, line by line.
    pub(crate) fn prose(&self) -> Vec<&str> {
        let mut is_open = false;
        let is_prose = |line: &&str| {
            let is_fence = line.starts_with("```");
            is_open ^= is_fence;
            !is_open && !is_fence
        };
        self.text.lines().filter(is_prose).collect()
    }
}

/// Returns the folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read(path: &str) -> Page {
    let text = fs::read_to_string(workspace().join(path));
    Page::parse(path, &text.unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// Returns the paths of the pages that must read well in a repository and in rustdoc.
pub(crate) fn strict_pages() -> Vec<String> {
    let mut pages: Vec<String> = [
        "README.md",
        "docs/choosing-settings.md",
        "docs/comparison.md",
        "docs/errors.md",
        "docs/idempotency.md",
        "docs/operating.md",
        "docs/retries-simulation.md",
        "docs/retries.md",
        "docs/settings.md",
        "docs/ten-minutes.md",
        "docs/time-limits.md",
        "integrations/classify/README.md",
        "resilient-http/README.md",
        "resilient-tower/README.md",
        "resilient-http/docs/outcomes.md",
        "resilient-http/docs/requests.md",
    ]
    .map(str::to_owned)
    .into();
    for folder in ["docs/migration", "docs/recipes"] {
        pages.extend(markdown_files(folder));
    }
    pages.sort();
    pages
}

/// Returns the paths of the Markdown files in a folder.
fn markdown_files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let names = files.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    names.map(|name| format!("{folder}/{name}")).collect()
}
