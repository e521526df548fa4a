//! Classifies the errors of files and sockets.

use std::io;

use resilient::Classification;

/// Classifies an error of a file or a socket by its kind.
///
/// | kind | breaker | retry |
/// |---|---|---|
/// | `NotFound`, `AlreadyExists`, `PermissionDenied`, `IsADirectory`, `NotADirectory`, `DirectoryNotEmpty`, `NotSeekable`, `CrossesDevices`, `TooManyLinks`, `FileTooLarge`, `ExecutableFileBusy` | success: the system responded | no |
/// | `InvalidInput`, `ArgumentListTooLong`, `Unsupported` | ignored: the call was wrong | no |
/// | `InvalidData`, `ReadOnlyFilesystem`, `StorageFull`, `QuotaExceeded` | failure | no: it stays so |
/// | `ConnectionRefused`, `ConnectionReset`, `ConnectionAborted`, `BrokenPipe`, `TimedOut`, `UnexpectedEof`, `HostUnreachable` and all others | failure | yes |
///
/// A rejection by a breaker or a time limit of `resilient` inside the error beats the table: see
/// [`Classification::find_in`].
///
/// ```
/// use resilient::{Classification, circuit_breaker, retry};
///
/// #[retry(classify = resilient_classify::io)]
/// #[circuit_breaker(name = "shared disk")]
/// async fn read(path: &str) -> std::io::Result<String> {
///     std::fs::read_to_string(path)
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// read("no such file").await.unwrap_err(); // no retry, and no failure of the disk
/// # let totals = resilient::Registry::global().get("shared disk").unwrap().snapshot().totals;
/// # assert_eq!((totals.success, totals.failure), (1, 0));
/// # });
/// ```
#[must_use]
pub fn io(error: &io::Error) -> Classification {
    Classification::find_in(error).unwrap_or_else(|| of_kind(error.kind()))
}

fn of_kind(kind: io::ErrorKind) -> Classification {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::IsADirectory
        | Kind::NotADirectory
        | Kind::DirectoryNotEmpty
        | Kind::NotSeekable
        | Kind::CrossesDevices
        | Kind::TooManyLinks
        | Kind::FileTooLarge
        | Kind::ExecutableFileBusy => Classification::answered(),
        Kind::InvalidInput | Kind::ArgumentListTooLong | Kind::Unsupported => {
            Classification::ignored()
        }
        Kind::InvalidData | Kind::ReadOnlyFilesystem | Kind::StorageFull | Kind::QuotaExceeded => {
            Classification::permanent()
        }
        _ => Classification::transient(),
    }
}
