//! The picture of the README also shows in rustdoc, which has no files beside its pages.
//!
//! So `src/outage_picture.md` defines the label of the picture as a URL that contains the picture.
//! With `UPDATE_DOCS=1`, the test writes that file.

use std::fmt::Write;
use std::fs;

use crate::pages::workspace;

/// Returns the definition of the label, with the picture in percent-encoding.
fn definition(picture: &str) -> String {
    let mut text = "[outage picture]: data:image/svg+xml,".to_owned();
    for byte in picture.trim_end().bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'='
            | b':'
            | b'/'
            | b','
            | b';' => text.push(byte.into()),
            _ => write!(text, "%{byte:02X}").expect("a string grows"),
        }
    }
    text + "\n"
}

#[test]
fn rustdoc_shows_the_picture_of_the_readme() {
    let picture = fs::read_to_string(workspace().join("docs/outage.svg")).unwrap();
    let path = workspace().join("src/outage_picture.md");
    let right = definition(&picture);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &right).unwrap();
    }
    let is_right = fs::read_to_string(path).is_ok_and(|text| text == right);
    let command = "UPDATE_DOCS=1 cargo test -p resilient-tests --all-features --test docs picture";
    assert!(is_right, "src/outage_picture.md is not docs/outage.svg; run {command}");
}

#[test]
fn a_picture_is_encoded_as_a_destination_that_markdown_accepts() {
    let text = definition("<svg id=\"a\" fill='#fff'>\n(é)</svg>\n");
    let encoded = "%3Csvg%20id=%22a%22%20fill=%27%23fff%27%3E%0A%28%C3%A9%29%3C/svg%3E";
    assert_eq!(text, format!("[outage picture]: data:image/svg+xml,{encoded}\n"));
}
