//! The scripts of `breaker.json`, one test each, and the proof that their runner can fail.

mod notation;
mod runner;

use runner::{Script, Verdict, run};

fn scripts() -> Vec<Script> {
    let json: serde_json::Value = serde_json::from_str(include_str!("breaker.json")).unwrap();
    let text = |object: &serde_json::Value, key: &str| {
        object[key]
            .as_str()
            .unwrap_or_else(|| panic!("`{key}` is missing in {object}"))
            .to_owned()
    };
    json.as_array()
        .unwrap()
        .iter()
        .map(|object| Script {
            id: text(object, "id"),
            title: text(object, "title"),
            config: text(object, "config"),
            text: text(object, "script"),
        })
        .collect()
}

#[track_caller]
fn assert_passes(id: &str) {
    let scripts = scripts();
    let script = scripts.iter().find(|script| script.id == id);
    let script = script.unwrap_or_else(|| panic!("no script {id}"));
    match run(script) {
        Ok(verdict) => assert_eq!(verdict, Verdict::Passed, "script {id}"),
        Err(failure) => panic!("{failure}"),
    }
}

/// The scripts that this runner cannot drive, with the reason.
fn skipped() -> Vec<(String, &'static str)> {
    scripts()
        .into_iter()
        .filter_map(|script| match run(&script) {
            Ok(Verdict::Skipped(reason)) => Some((script.id, reason)),
            _ => None,
        })
        .collect()
}

/// A test for each script that is driven, and the list of their ids.
macro_rules! driven {
    ($($test:ident = $id:literal;)*) => {
        const DRIVEN: &[&str] = &[$($id),*];

        $(#[test]
        fn $test() {
            assert_passes($id);
        })*
    };
}

driven! {
    script_b03 = "B03";
    script_b05 = "B05";
    script_b06 = "B06";
    script_b55 = "B55";
    script_b61 = "B61";
    script_b62 = "B62";
    script_b65 = "B65";
    script_b67 = "B67";
    script_b68 = "B68";
    script_b69 = "B69";
    script_b70 = "B70";
    script_b71 = "B71";
    script_b80 = "B80";
    script_b81 = "B81";
    script_b83 = "B83";
    script_b86 = "B86";
    script_b89 = "B89";
    script_b94 = "B94";
    script_b96 = "B96";
    script_b97 = "B97";
    script_b108 = "B108";
    script_b121 = "B121";
    script_b123 = "B123";
    script_b125 = "B125";
    script_b126 = "B126";
    script_b128 = "B128";
    script_b141 = "B141";
    script_b143 = "B143";
    script_b145 = "B145";
    script_b146 = "B146";
    script_b148 = "B148";
}

#[test]
fn the_skipped_scripts_are_exactly_those_that_need_windows() {
    let skipped = skipped();
    for (id, reason) in &skipped {
        println!("script {id} skipped: {reason}");
    }
    let needs_windows = [
        "B13", "B14", "B15", "B33", "B37", "B39", "B43", "B44", "B45", "B46", "B49", "B64", "B82",
        "B90",
    ];
    let expected: Vec<_> = needs_windows
        .iter()
        .map(|id| ((*id).to_owned(), "needs windows"))
        .collect();
    assert_eq!(skipped, expected);
}

#[test]
fn every_script_is_driven_by_a_test_or_skipped_with_a_reason() {
    let mut accounted: Vec<_> = DRIVEN.iter().map(|id| (*id).to_owned()).collect();
    accounted.extend(skipped().into_iter().map(|(id, _)| id));
    accounted.sort();
    let mut all: Vec<_> = scripts().into_iter().map(|script| script.id).collect();
    all.sort();
    assert_eq!(accounted, all);
}

/// What the runner says of a script that is wrong on purpose.
#[track_caller]
fn complaint(config: &str, script: &str) -> String {
    let script = Script {
        id: "W1".to_owned(),
        title: "wrong on purpose".to_owned(),
        config: config.to_owned(),
        text: script.to_owned(),
    };
    run(&script)
        .expect_err("a wrong script must fail")
        .to_string()
}

#[test]
fn the_runner_fails_with_id_title_position_and_token() {
    assert_eq!(
        complaint("consec=2", "S F {f=1} F =C"),
        r#"script W1 (wrong on purpose), token 5 `=C`: the state is "O", not "C""#
    );
}

#[test]
fn the_runner_can_fail_at_every_kind_of_token() {
    let cases = [
        ("consec=1", "F S", "token 2 `S`: call 1 was rejected"),
        ("consec=3", "F5", "token 1 `F5`: call 4 was rejected"),
        (
            "consec=1",
            "R",
            "token 1 `R`: call 1 was admitted, not rejected",
        ),
        ("consec=1", "@open >a", "token 2 `>a`: call 1 was rejected"),
        (
            "consec=1",
            ">a >a",
            "token 2 `>a`: a call of this name is in flight",
        ),
        ("consec=1", "a:S", "token 1 `a:S`: no call `a` is in flight"),
        ("consec=1", "F +60s =H", "token 3 `=H`: the state is \"O\""),
        (
            "consec=3",
            "I2 S {n=1 x=1}",
            "token 3 `{n=1 x=1}`: x is 2, not 1",
        ),
        ("consec=3", "S F {n=3}", "n is 2, not 3"),
        ("consec=3", "S F {f=2}", "f is 1, not 2"),
        ("consec=3", "S F {s=2}", "s is 1, not 2"),
        ("consec=3", "S F {cf=2}", "cf is 1, not 2"),
        ("consec=1", "F R2 {np=1}", "np is 2, not 1"),
        ("consec=1", "F {ra=1s}", "ra is Some(60s), not Some(1s)"),
        ("consec=1", "F {opened=2}", "opened is 1, not 2"),
        ("consec=1", "F {ev=C>H}", "ev is \"C>O\", not \"C>H\""),
        ("consec=1", "@half", "token 1 `@half`: was refused"),
        (
            "consec=1",
            "@open!",
            "token 1 `@open!`: was allowed, not refused",
        ),
        (
            "consec=1",
            "Q",
            "token 1 `Q`: `Q` is no token of the notation",
        ),
        (
            "consec=1",
            "{last.n=1}",
            "`last.n` cannot be checked without windows",
        ),
        ("consec=0", "S", "configuration: `failure_threshold` is 0"),
        (
            "consec=1 colour=red",
            "S",
            "configuration: `colour` is no key",
        ),
    ];
    for (config, script, expected) in cases {
        let complaint = complaint(config, script);
        assert!(complaint.contains(expected), "`{script}`: {complaint}");
    }
}

#[test]
fn the_notation_is_read_in_full() {
    let script = Script {
        id: "N1".to_owned(),
        title: "every token that no script in the file uses with one breaker".to_owned(),
        config: "consec=3 open=10s openmul=2 openmax=30s half=2/3 lease=40s".to_owned(),
        text: "S3 I2 X F(5s) P =C {n=5 f=2 s=3 x=2 cf=2} S {cf=0} F3 =O R2 {np=2 ra=10s opened=1} \
                 +10s =O >a >b >c R a:I b:X c:P =H F =O {ra=20s} @half @half =H @force @half =H @close @half! \
                 =C @open(2m) {ra=2m} @reset @disable F9 =D {n=0} @open! @metrics F4 =M {f=4} @close =C"
            .to_owned(),
    };
    assert_eq!(
        run(&script).map_err(|failure| failure.to_string()),
        Ok(Verdict::Passed)
    );
}
