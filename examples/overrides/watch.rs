//! Loads the file at the start, and again whenever it changes.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use resilient::Registry;
use resilient::registry::{LoadError, OverrideReport};
use tokio::time::sleep;

/// The interval between two checks of the file.
const EVERY: Duration = Duration::from_millis(200);

/// Loads the file at the start and after each change, and reports each result. A file that is
/// rejected or cannot be read changes nothing: the program keeps the settings that it has.
pub(crate) async fn watch(file: &Path, told: impl Fn(Result<OverrideReport, LoadError>)) {
    let mut seen = stamp(file);
    // The file is small and on a local disk, so reading it on this thread is fine.
    told(Registry::global().load_overrides(file));
    loop {
        sleep(EVERY).await;
        let found = stamp(file);
        if found != seen {
            seen = found;
            told(Registry::global().load_overrides(file));
        }
    }
}

/// Returns a value that changes with the file, or `None` if the file cannot be inspected. The
/// length distinguishes two versions that were written within one tick of the disk's clock.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
