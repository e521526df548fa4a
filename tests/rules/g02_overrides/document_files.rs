//! Rule G2: overrides are read from files, and an environment variable can name the file.

use std::path::PathBuf;
use std::process::Command;

use resilient::registry::Overrides;
use resilient::{BreakerConfig, Registry};

use crate::support::documents::builder;

/// Writes a file for one test.
fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn strict() -> Overrides {
    Overrides::new().with("payments", builder().failure_threshold(2))
}

const STRICT: &str = "[breakers.payments]\nfailure_threshold = 2\n";

#[test]
fn overrides_are_read_from_a_file_and_again_when_it_has_changed() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("payments", BreakerConfig::default());
    let path = file("read_again.toml", STRICT);
    let applied = registry.load_overrides(&path).unwrap();
    assert_eq!(applied.live, ["payments"]);
    assert_eq!(registry.overrides(), strict());
    let path = file("read_again.toml", STRICT.replace('2', "3"));
    registry.load_overrides(path).unwrap();
    let expected = builder().failure_threshold(3).build().unwrap();
    assert_eq!(breaker.config(), expected);
}

#[test]
fn a_file_that_is_wrong_is_named_with_the_line_and_changes_nothing() {
    let registry = Registry::new();
    registry.set_overrides(strict()).unwrap();
    let path = file("wrong.toml", "[breakers.payments]\nfailure_threshold = 0\n");
    let error = registry.load_overrides(&path).unwrap_err();
    assert_eq!((error.path(), error.line()), (Some(&*path), Some(2)));
    let expected = format!(
        "overrides from `{}`, line 2: [breakers.payments]: \
         `failure_threshold` is 0: must be at least 1",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(registry.overrides(), strict());
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_changes_nothing() {
    let registry = Registry::new();
    registry.set_overrides(strict()).unwrap();
    let missing = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("missing.toml");
    let no_text = file("no_text.toml", [0xff, 0xfe, 0x00]);
    for path in [missing, no_text, env!("CARGO_TARGET_TMPDIR").into()] {
        let error = registry.load_overrides(&path).unwrap_err();
        assert_eq!((error.path(), error.line()), (Some(&*path), None));
        let text = error.to_string();
        assert!(text.contains(&*path.to_string_lossy()), "{text}");
        assert!(text.contains("cannot be read"), "{text}");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.is::<std::io::Error>());
    }
    assert_eq!(registry.overrides(), strict());
}

const VARIABLE: &str = "RESILIENT_OVERRIDES_OF_THIS_TEST";

/// Runs one test of this program in a new process with the environment variable. If the test set
/// the variable in this process, it would affect other threads.
#[track_caller]
fn run_with_variable(test: &str, value: &std::path::Path) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(VARIABLE, value)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{complaints}");
    assert!(printed.contains("1 passed"), "{printed}");
}

#[test]
fn the_file_that_a_variable_names_is_read() {
    let test = "g02_overrides::document_files::the_file_that_a_variable_names_is_read";
    if std::env::var_os(VARIABLE).is_none() {
        return run_with_variable(test, &file("of_variable.toml", STRICT));
    }
    let registry = Registry::new();
    let applied = registry.load_overrides_from_env(VARIABLE).unwrap().unwrap();
    assert_eq!(applied.waiting, ["payments"]);
    assert_eq!(registry.overrides(), strict());
}

#[test]
fn a_variable_that_names_no_file_is_an_error() {
    let test = "g02_overrides::document_files::a_variable_that_names_no_file_is_an_error";
    let missing = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nowhere.toml");
    if std::env::var_os(VARIABLE).is_none() {
        return run_with_variable(test, &missing);
    }
    let registry = Registry::new();
    registry.set_overrides(strict()).unwrap();
    let error = registry.load_overrides_from_env(VARIABLE).unwrap_err();
    assert_eq!(error.path(), Some(&*missing));
    assert_eq!(registry.overrides(), strict());
}

#[test]
fn a_variable_that_is_empty_changes_nothing() {
    let test = "g02_overrides::document_files::a_variable_that_is_empty_changes_nothing";
    if std::env::var_os(VARIABLE).is_none() {
        return run_with_variable(test, std::path::Path::new(""));
    }
    assert_nothing_is_read();
}

#[test]
fn a_variable_that_is_not_set_changes_nothing() {
    assert!(std::env::var_os(VARIABLE).is_none());
    assert_nothing_is_read();
}

fn assert_nothing_is_read() {
    let registry = Registry::new();
    registry.set_overrides(strict()).unwrap();
    assert_eq!(registry.load_overrides_from_env(VARIABLE).unwrap(), None);
    assert_eq!(registry.overrides(), strict());
}
