//! The breaker passes each script of `breaker.json`, and the runner detects mistakes in scripts.

mod notation;
mod runner;

use runner::{Script, run};

fn scripts() -> Vec<Script> {
    let json: serde_json::Value = serde_json::from_str(include_str!("breaker.json")).unwrap();
    let text = |object: &serde_json::Value, key: &str| {
        object[key].as_str().unwrap_or_else(|| panic!("`{key}` is missing in {object}")).to_owned()
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
    if let Err(failure) = run(script) {
        panic!("{failure}");
    }
}

/// Generates a test for each script, and a list of the ids of all scripts.
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
    script_b13 = "B13";
    script_b14 = "B14";
    script_b15 = "B15";
    script_b33 = "B33";
    script_b37 = "B37";
    script_b39 = "B39";
    script_b43 = "B43";
    script_b44 = "B44";
    script_b45 = "B45";
    script_b46 = "B46";
    script_b49 = "B49";
    script_b55 = "B55";
    script_b61 = "B61";
    script_b62 = "B62";
    script_b64 = "B64";
    script_b65 = "B65";
    script_b67 = "B67";
    script_b68 = "B68";
    script_b69 = "B69";
    script_b70 = "B70";
    script_b71 = "B71";
    script_b80 = "B80";
    script_b81 = "B81";
    script_b82 = "B82";
    script_b83 = "B83";
    script_b86 = "B86";
    script_b89 = "B89";
    script_b90 = "B90";
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
    script_n01 = "N01";
    script_n02 = "N02";
    script_n03 = "N03";
    script_n04 = "N04";
    script_n05 = "N05";
}

#[test]
fn no_script_is_skipped() {
    let all: Vec<_> = scripts().into_iter().map(|script| script.id).collect();
    let skipped: Vec<_> = all.iter().filter(|id| !DRIVEN.contains(&id.as_str())).collect();
    assert_eq!(skipped, Vec::<&String>::new());
    assert_eq!((all.len(), DRIVEN.len()), (50, 50));
}

/// Runs a script that the runner must reject, and returns the runner's error.
#[track_caller]
fn complaint(config: &str, script: &str) -> String {
    let script = Script {
        id: "W1".to_owned(),
        title: "wrong on purpose".to_owned(),
        config: config.to_owned(),
        text: script.to_owned(),
    };
    run(&script).expect_err("a wrong script must fail").to_string()
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
        ("consec=1", "R", "token 1 `R`: call 1 was admitted, not rejected"),
        ("consec=1", "@open >a", "token 2 `>a`: call 1 was rejected"),
        ("consec=1", ">a >a", "token 2 `>a`: a call of this name is in flight"),
        ("consec=1", "a:S", "token 1 `a:S`: no call `a` is in flight"),
        ("consec=1", "F +60s =H", "token 3 `=H`: the state is \"O\""),
        ("consec=3", "I2 S {n=1 x=1}", "token 3 `{n=1 x=1}`: x is 2, not 1"),
        ("consec=3", "S F {n=3}", "n is 2, not 3"),
        ("consec=3", "S F {f=2}", "f is 1, not 2"),
        ("consec=3", "S F {s=2}", "s is 1, not 2"),
        ("consec=3", "S F {cf=2}", "cf is 1, not 2"),
        ("consec=1", "F R2 {np=1}", "np is 2, not 1"),
        ("consec=1", "F {ra=1s}", "ra is Some(60s), not Some(1s)"),
        ("consec=1", "F {opened=2}", "opened is 1, not 2"),
        ("consec=1", "F {ev=C>H}", "ev is \"C>O\", not \"C>H\""),
        ("consec=1", "@disable(1m) {end=2m}", "end is Some(60s), not Some(120s)"),
        ("consec=1", "@disable(1m) +1m S =D", "the state is \"C\""),
        ("consec=1", "@half(1m)", "`@half(1m)` is not a token of the notation"),
        ("consec=2 span=3s", "F2 =O", "the state is \"C\""),
        ("consec=1", "@half", "token 1 `@half`: was refused"),
        ("consec=1", "@open!", "token 1 `@open!`: was allowed, not refused"),
        ("consec=1", "Q", "token 1 `Q`: `Q` is not a token of the notation"),
        ("consec=1", "{colour=1}", "`colour` is not a condition"),
        ("consec=0", "S", "configuration: `failure_threshold` is 0"),
        ("consec=1 colour=red", "S", "configuration: `colour` is not a key"),
    ];
    assert_complaints(&cases);
}

#[track_caller]
fn assert_complaints(cases: &[(&str, &str, &str)]) {
    for (config, script, expected) in cases {
        let complaint = complaint(config, script);
        assert!(complaint.contains(expected), "`{script}`: {complaint}");
    }
}

#[test]
fn the_runner_can_fail_at_the_content_of_a_window_and_at_rates() {
    assert_complaints(&[
        ("count=3 nfail=3", "S4 {n=4}", "n is 3, not 4"),
        ("count=3 nfail=3", "F S3 {f=1}", "f is 0, not 1"),
        ("count=3 nfail=3", "F S3 {s=4}", "s is 3, not 4"),
        ("window=10s buckets=10 nfail=3", "S +10s {n=1}", "n is 0, not 1"),
        ("window=10s buckets=5 nfail=3", "S +9s {n=0}", "n is 1, not 0"),
        ("count=3 nfail=2", "F2 =C", "the state is \"O\""),
        ("count=4 rate=50 min=2", "F2 =C", "the state is \"O\""),
        ("count=4 rate=51 full=1", "F2 S2 =O", "the state is \"C\""),
        ("count=9 rate=50 min=3", "F2 {rate=100}", "rate is -1, not 100"),
        ("count=9 rate=99 min=3", "F S F {rate=-1}", "rate is 66, not -1"),
        ("count=9 slow=1s slowrate=50 min=3", "S(1s) {slow=0}", "slow is 1, not 0"),
        ("count=9 slow=1s slowrate=50 min=3", "S(999ms) {slow=1}", "slow is 0, not 1"),
        ("count=9 slow=1s slowrate=50 min=1", "S(1s) =C", "the state is \"O\""),
    ]);
}

#[test]
fn the_runner_can_fail_at_the_last_opening_and_at_settings_of_windows() {
    assert_complaints(&[
        ("count=3 nfail=2", "F S F {last.n=2}", "last.n is 3, not 2"),
        ("count=3 nfail=2", "F S F {last.f=3}", "last.f is 2, not 3"),
        ("count=3 nfail=2", "F S F {last.s=2}", "last.s is 1, not 2"),
        ("count=3 nfail=2", "F S F {last.cf=2}", "last.cf is 1, not 2"),
        ("count=3 nfail=2", "F S F {last.slow=1}", "last.slow is 0, not 1"),
        ("count=3 nfail=2", "F S F {last.rate=67}", "last.rate is 66, not 67"),
        ("count=3 nfail=2", "F {last.n=1}", "no condition has opened the circuit"),
        ("count=3 nfail=2", "{last.np=1}", "`last.np` is not a value of a window"),
        ("count=3 nfail=4", "S", "configuration: `failure_count` is 4"),
        ("rate=50", "S", "configuration: `failure_rate` is 0.5"),
        ("count=3 rate=1000", "S", "configuration: `failure_rate` is 10.0"),
        ("count=3 buckets=3 nfail=1", "S", "configuration: `window_buckets` is 3"),
        ("window=10s buckets=0 nfail=1", "S", "configuration: `window_buckets` is 0"),
        ("count=3 slow=1s nfail=1", "S", "configuration: `slow_call` is 1s"),
        ("count=3 slowrate=50", "S", "configuration: `slow_call_rate` is 0.5"),
    ]);
}

#[track_caller]
fn assert_reads(config: &str, text: &str) {
    let script = Script {
        id: "N1".to_owned(),
        title: "every token that no script in the file uses with one breaker".to_owned(),
        config: config.to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(run(&script).map_err(|failure| failure.to_string()), Ok(()));
}

#[test]
fn the_notation_is_read_in_full() {
    assert_reads(
        "consec=3 open=10s openmul=2 openmax=30s half=2/3 lease=40s",
        "S3 I2 X F(5s) P =C {n=5 f=2 s=3 x=2 cf=2} S {cf=0} F3 =O R2 {np=2 ra=10s opened=1} \
         +10s =O >a >b >c R a:I b:X c:P =H F =O {ra=20s} @half @half =H @force @half =H @close \
         @half! =C @open(2m) {ra=2m} @reset @disable F9 =D {n=0} @open! @metrics \
         F4 =M {f=4} @close =C",
    );
}

#[test]
fn the_notation_of_windows_is_read_in_full() {
    assert_reads(
        "count=4 full=1 rate=75 slow=2s slowrate=50 nfail=4 open=10s",
        "S(2s) F {n=2 f=1 s=1 slow=1 cf=1 rate=-1} S {rate=-1} S {rate=25 slow=1} F \
         {n=4 f=2 slow=0 rate=50} X I {n=4 x=1} F2 =O \
         {last.n=4 last.f=3 last.s=1 last.slow=0 last.rate=75 last.cf=3 n=0} \
         +10s >a +2s a:S =O {ra=10s last.n=4} @reset {n=0 slow=0} S(1999ms) S2(1s) S(2s) =C \
         {slow=1 rate=0} F(3s) =O {last.slow=2 last.f=1}",
    );
    assert_reads(
        "window=10s buckets=5 min=2 rate=100",
        "F {n=1 rate=-1} +9999ms {n=1} +1ms {n=0} F F =O {last.n=2 last.rate=100}",
    );
}
