//! The drill shows each outage and each recovery.

use std::process::Command;

#[test]
fn the_drill_shows_what_breaks_what_operators_see_and_that_it_is_mended() {
    let output = Command::new(env!("CARGO_BIN_EXE_shop")).arg("drill").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    println!("{shown}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let parts: Vec<_> = shown.split("== ").collect();
    let part = |title: &str| parts.iter().find(|part| part.starts_with(title)).expect(title);
    assert!(part("all is well").contains("24 x 200"));
    for (title, breaker, retry) in [
        ("payments hangs", "payments", "payments.charge"),
        ("inventory answers 503", "inventory", "inventory.reserve"),
    ] {
        let part = part(title);
        for expected in [
            format!("circuit breaker opened breaker=\"{breaker}\""),
            format!("\"{breaker}\":\"open\""),
            "condition=\"5 consecutive failures\" error=".to_owned(),
            format!("{{breaker=\"{breaker}\",result=\"rejected\"}}"),
            format!("{{retry=\"{retry}\",result=\"circuit_open\"}} +24"),
            "x 503".to_owned(),
            "mended".to_owned(),
        ] {
            assert!(part.contains(&expected), "{title}: no {expected}");
        }
    }
    let closed = part("an operator closes payments");
    assert!(closed.contains("24 x 503") && closed.contains("\"payments\":\"forced_open\""));
    assert!(closed.contains("announced maintenance") && closed.contains("mended"), "{closed}");
    // A lock is no outage, so the circuit stays closed and the retries are used up.
    let locked = part("the database is locked");
    assert!(locked.contains("\"database\":\"closed\"") && locked.contains("database is locked"));
    let exhausted = "{retry=\"orders.open\",result=\"exhausted\"} +24";
    assert!(locked.contains(exhausted) && locked.contains("mended"), "{locked}");
    let has_redis = Command::new("redis-server").arg("--version").output().is_ok();
    if has_redis {
        let part = part("redis is gone");
        assert!(part.contains("24 x 200") && part.contains("\"cache\":\"open\""), "{part}");
        assert!(part.contains("mended"));
    } else {
        part("redis-server is not installed");
    }
}
