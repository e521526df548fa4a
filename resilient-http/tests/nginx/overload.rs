//! A server that limits the rate of requests.

use std::future::IntoFuture;

use resilient_http::ApiClient;
use resilient_test_servers::{Nginx, NginxConfig};

use crate::bare::errors_of;
use crate::support::within;

/// Accepts ten requests, then one every 100 ms, and refuses the others with this status and
/// `Retry-After: 1`.
fn limited(status: u16) -> Option<Nginx> {
    let directives = format!(
        "location / {{
            limit_req zone=calls burst=9 nodelay;
            limit_req_status {status};
            access_log statuses status;
            error_page {status} = @refused;
            try_files /none @accepted;
        }}
        location @accepted {{ return 200 'ok'; }}
        location @refused {{ add_header retry-after 1 always; return {status}; }}"
    );
    let config = NginxConfig::new()
        .http("limit_req_zone $server_port zone=calls:1m rate=10r/s;")
        .http("log_format status '$status';")
        .server("", &directives);
    Nginx::start(&config)
}
