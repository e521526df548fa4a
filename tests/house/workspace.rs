//! Finds and reads the files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the workspace, which contains the lock file.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("Cargo.lock").exists());
    root.expect("Cargo.lock in a folder above this package").to_owned()
}

/// Returns the Rust files below `folder`, sorted, as (path relative to `folder`, text). Leaves out
/// build output.
pub(crate) fn rust_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                if name != "target" && !name.to_string_lossy().starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(folder).unwrap();
                let text = fs::read_to_string(&path).unwrap();
                files.push((relative.to_str().unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

/// Returns the folders of the libraries, relative to the root of the workspace. The root itself is
/// `""`.
pub(crate) fn libraries() -> Vec<String> {
    let root = root();
    let mut folders = vec![String::new()];
    for group in ["", "integrations/"] {
        for entry in fs::read_dir(root.join(group)).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            folders.push(format!("{group}{name}"));
        }
    }
    folders.retain(|folder| root.join(folder).join("src/lib.rs").exists());
    folders.sort();
    folders
}
