//! Loads the file at the start, and again whenever it has changed.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use resilient::Registry;
use resilient::registry::{LoadError, OverrideReport};
use tokio::time::sleep;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(200);

/// Tells what came of each load. A file that is refused, or cannot be read, changes nothing: so a program that starts with
/// one runs with the settings of its code, and one that runs goes on with those that it has.
pub(crate) async fn watch(file: &Path, told: impl Fn(Result<OverrideReport, LoadError>)) {
    let mut seen = stamp(file);
    // A small file on a local disk: not worth a thread of its own.
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

/// What changes with the file. The length tells two versions apart that were written within one tick of the disk's clock.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
