//! The recipe that steers breakers from an admin endpoint.

use super::dependency;

// excerpt: recipe
use resilient::Registry;

// GET /breakers
fn list() -> Vec<String> {
    let snapshots = Registry::global().snapshot();
    snapshots.iter().map(|one| format!("{}: {}", one.name, one.state)).collect()
}

// POST /breakers/{name}/{command}. `None` means: no such breaker, or no such command.
fn steer(name: &str, command: &str) -> Option<()> {
    let breaker = Registry::global().get(name)?;
    match command {
        "open" => breaker.force_open(), // rejects all calls, until closed
        "disable" => breaker.disable(), // admits all calls, until closed
        "close" => breaker.close(),
        _ => return None,
    }
    Some(())
}
// end excerpt

#[resilient::circuit_breaker(name = "steered")]
async fn search() -> std::io::Result<()> {
    Ok(dependency::call(std::io::ErrorKind::ConnectionReset).await?)
}

#[tokio::test]
async fn a_command_changes_the_state_that_the_list_shows() {
    assert_eq!(steer("steered", "open"), None, "before its first call, the breaker is unknown");
    search().await.unwrap();
    for (command, state, is_made) in
        [("open", "forced_open", false), ("disable", "disabled", true), ("close", "closed", true)]
    {
        steer("steered", command).unwrap();
        assert!(list().contains(&format!("steered: {state}")), "{:?}", list());
        assert_eq!(search().await.is_ok(), is_made, "{command}");
    }
    assert_eq!(steer("steered", "explode"), None);
}
