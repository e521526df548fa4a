//! Requests to this machine do not go through a proxy that the environment names, because the proxy
//! could read the requests.

use std::process::Command;

use resilient_http::{ApiKey, Auth};

use crate::support::api::{Api, json};
use crate::support::settings::client;
use crate::support::within;

const TEST: &str = "proxies::fm_g13_keys_for_this_machine_go_to_no_proxy_of_the_environment";

/// Runs the test again as a child process, because the environment is global. In the child process,
/// the environment names a proxy that does not exist, so a call through the proxy would fail.
#[tokio::test]
async fn fm_g13_keys_for_this_machine_go_to_no_proxy_of_the_environment() {
    const CHILD: &str = "RESILIENT_TEST_BEHIND_A_PROXY";
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, "http://127.0.0.1:9");
        }
        child.env_remove("NO_PROXY").env_remove("no_proxy");
        let child = child.args(["--exact", TEST]).env(CHILD, "1");
        let ended = child.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        return;
    }
    let server = Api::serve(|_, _| json("1")).await;
    let auth = Auth::bearer(ApiKey::secret("k"));
    let api = client(&server.url).auth(auth).build().unwrap();
    within("the call", api.get::<u32>("x")).await.unwrap();
    assert_eq!(server.only().header("authorization"), Some("Bearer k"));
}
