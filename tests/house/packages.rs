//! Checks the packages that are published: their licence files, and the order in which
//! `RELEASING.md` publishes them.

use std::fs;

use crate::layers::our_dependencies;
use crate::workspace::{libraries, root};

/// A package that is published.
struct Package {
    folder: String,
    name: String,
    dependencies: Vec<String>,
}

fn published() -> Vec<Package> {
    let mut packages = Vec::new();
    for folder in libraries() {
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).unwrap();
        if manifest.lines().any(|line| line == "publish = false") {
            continue;
        }
        let (_, package) = manifest.split_once("[package]\nname = \"").unwrap();
        let name = package.split('"').next().unwrap().to_owned();
        packages.push(Package { folder, name, dependencies: our_dependencies(&manifest) });
    }
    packages
}

#[test]
fn each_published_package_has_the_licence_files_of_the_repository() {
    let packages = published();
    assert!(packages.len() > 1);
    for Package { folder, .. } in packages {
        for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let text = fs::read(root().join(&folder).join(file));
            assert!(
                text.is_ok_and(|text| text == fs::read(root().join(file)).unwrap()),
                "`{folder}/{file}` is not a copy of `{file}`"
            );
        }
    }
}

/// Returns a message for each package whose place in the list is missing or wrong.
fn faults(list: &[&str], packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Package { name, dependencies, .. } in packages {
        let Some(place) = list.iter().position(|listed| listed == name) else {
            wrong.push(format!("`{name}` is published and not in the list"));
            continue;
        };
        for needed in dependencies.iter().filter(|needed| list[place..].contains(&needed.as_str()))
        {
            wrong.push(format!("`{name}` stands before `{needed}`, on which it depends"));
        }
    }
    for listed in list.iter().filter(|listed| !packages.iter().any(|one| one.name == **listed)) {
        wrong.push(format!("`{listed}` is in the list and not published"));
    }
    wrong
}

#[test]
fn the_release_page_publishes_each_package_after_its_dependencies() {
    let page = fs::read_to_string(root().join("RELEASING.md")).unwrap();
    let (_, order) = page.split_once("## The order\n").unwrap();
    let (order, _) = order.split_once("\n## ").unwrap();
    let numbered = order.lines().filter_map(|line| line.split_once(". `"));
    let list: Vec<&str> = numbered.map(|(_, rest)| rest.trim_end_matches('`')).collect();
    let wrong = faults(&list, &published());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn faults_are_found_in_a_made_up_order() {
    let package = |name: &str, needed: &[&str]| Package {
        folder: String::new(),
        name: name.to_owned(),
        dependencies: needed.iter().map(|&name| name.to_owned()).collect(),
    };
    let packages = [package("low", &[]), package("high", &["low"])];
    assert_eq!(faults(&["low", "high"], &packages), [] as [&str; 0]);
    assert_eq!(
        faults(&["high", "low"], &packages),
        ["`high` stands before `low`, on which it depends"]
    );
    assert_eq!(
        faults(&["low", "other"], &packages),
        ["`high` is published and not in the list", "`other` is in the list and not published"]
    );
}
