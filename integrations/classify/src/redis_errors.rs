//! Classifies the errors of the client `redis`.

use std::io;

use redis::{ErrorKind, RedisError};
use resilient::outcome::error_chain;
use resilient::{Classification, Outcome};

use crate::connection_errors::of_connection;

/// Classifies an error of Redis.
///
/// | error | breaker | retry |
/// |---|---|---|
/// | a broken, refused or timed-out connection; no server found by a sentinel or in a cluster | failure | yes |
/// | `LOADING`, `BUSY`, `MASTERDOWN`, `CLUSTERDOWN`, `READONLY`, `NOREPLICAS`, `NOMASTERLINK`, `NOGOODSLAVE`, `IOERR`, `UNBLOCKED`; too many clients | failure: the server cannot serve now | yes |
/// | `OOM`, `MISCONF` | failure: the server refuses writes | no |
/// | `NOAUTH`, `WRONGPASS`, `DENIED`; no access to the socket | failure: no call can succeed | no |
/// | `MOVED`, `ASK`, `TRYAGAIN` | success: keys are moving in a healthy cluster | yes |
/// | any other error of the server, also of scripts and modules: `ERR`, `WRONGTYPE`, `NOSCRIPT`, `NOPERM`, `CROSSSLOT`, `EXECABORT` | success: the server responded | no |
/// | a response of another type than the program expects, such as no value for a key | success: the server responded | no |
/// | a call that the client refuses, and a wrong configuration of the client | ignored | no |
/// | any other | failure | yes |
///
/// - A pipeline or a transaction can have several errors. A failure among them decides, else an
///   error that is worth a retry, else the first.
/// - A response that is no Redis is a failure that is retried, because the client then makes a new
///   connection. A server that lacks RESP3 is a failure that is not retried.
/// - A rejection by a breaker or a time limit of `resilient` inside the error beats the table: see
///   [`Classification::find_in`].
///
/// ```
/// use redis::AsyncCommands;
/// use redis::aio::MultiplexedConnection;
/// use resilient::{circuit_breaker, retry};
///
/// #[retry(classify = resilient_classify::redis)]
/// #[circuit_breaker(name = "cache", on_open = |_| Ok(None))] // as if nothing were cached
/// async fn name(cache: &mut MultiplexedConnection) -> redis::RedisResult<Option<String>> {
///     cache.get("name").await
/// }
/// ```
#[must_use]
pub fn redis(error: &RedisError) -> Classification {
    Classification::find_in(error).unwrap_or_else(|| of_kind(error))
}

fn of_kind(error: &RedisError) -> Classification {
    // Only this method shows all errors of a pipeline. The clone is a pointer.
    if let Some(errors) = error.clone().into_server_errors() {
        let classes = errors.iter().map(|(_, error)| of_code(error.code(), error.details()));
        return worst(classes).unwrap_or(Classification::answered());
    }
    match error.kind() {
        ErrorKind::Io => {
            let io = error_chain(error).find_map(|source| source.downcast_ref::<io::Error>());
            io.map_or(Classification::transient(), of_connection)
        }
        ErrorKind::AuthenticationFailed | ErrorKind::RESP3NotSupported => {
            Classification::permanent()
        }
        ErrorKind::Server(_) | ErrorKind::Extension => {
            of_code(error.code().unwrap_or_default(), error.detail())
        }
        // The client makes the same error of a response that is no Redis, and of a response that
        // does not fit the type that the program asks for, such as a missing key.
        ErrorKind::Parse if error.detail().is_some_and(|text| text.starts_with("Parse error")) => {
            Classification::transient()
        }
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Classification::answered(),
        ErrorKind::Client | ErrorKind::InvalidClientConfig | ErrorKind::EmptySentinelList => {
            Classification::ignored()
        }
        _ => Classification::transient(),
    }
}

/// Classifies an error of the server by the word with which it begins.
fn of_code(code: &str, detail: Option<&str>) -> Classification {
    match code {
        "LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "READONLY" | "NOREPLICAS"
        | "NOMASTERLINK" | "NOGOODSLAVE" | "IOERR" | "UNBLOCKED" => Classification::transient(),
        "ERR" if detail.is_some_and(|detail| detail.starts_with("max number of clients")) => {
            Classification::transient()
        }
        "OOM" | "MISCONF" | "NOAUTH" | "WRONGPASS" | "DENIED" => Classification::permanent(),
        "MOVED" | "ASK" | "TRYAGAIN" => Classification::answered().retried(),
        _ => Classification::answered(),
    }
}

/// Returns the first failure, else the first class that is retried, else the first.
fn worst(classes: impl Iterator<Item = Classification>) -> Option<Classification> {
    // Of equal elements, this returns the first.
    classes.min_by_key(|class| (class.health != Outcome::Failure, !class.retry))
}
