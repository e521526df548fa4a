//! Classifies the errors of a connection to a server.

use std::io;

use resilient::Classification;

/// Classifies an error of a connection. The connection is all that the call needs, so every error
/// is a failure: a socket that is not found, for example, has no server behind it.
pub(crate) fn of_connection(error: &io::Error) -> Classification {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::PermissionDenied | Kind::InvalidInput | Kind::InvalidData | Kind::Unsupported => {
            Classification::permanent()
        }
        _ => Classification::transient(),
    }
}
