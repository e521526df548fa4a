//! The story: the operator writes the file, and the provider goes down and comes back.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, SystemTime};

use resilient::Registry;
use tokio::time::{Instant, sleep_until};

use crate::provider::Provider;
use crate::view::View;
use crate::{charge, watch};

/// The number of calls. `charge` is called once per second.
const CALLS: u32 = 31;
/// The delay from a call to the next step of the story.
const LATER: Duration = Duration::from_millis(500);

#[derive(Debug)]
enum Step {
    Provider { is_up: bool },
    File { title: &'static str, text: &'static str },
}

const INTRODUCTION: &str = "\
`charge` is called once per second. Its code says: after 5 consecutive failures the
circuit opens for 30s. The clock is moved, so half a minute passes at once.
In real time, with a file that you edit:
  RESILIENT_OVERRIDES=breakers.toml cargo run --example overrides --features toml

Each mark is a call that ended:   . paid   x failed   - rejected by the breaker";

const START: &str = "[breakers.payments]
failure_threshold = 8
";

/// The steps of the story, each with the number of the call that the step follows.
#[rustfmt::skip]
const STEPS: [(u32, Step); 13] = [
    (3, Step::Provider { is_up: false }),
    (6, Step::File {
        title: "A new threshold: the breaker keeps its streak",
        text: "[breakers.payments]
failure_threshold = 4
",
    }),
    (9, Step::File {
        title: "A new recovery time: the circuit stays open, and the next probe comes sooner",
        text: r#"[breakers.payments]
failure_threshold = 4
recovery_time = "5s"
"#,
    }),
    (10, Step::Provider { is_up: true }),
    (14, Step::File {
        title: "A mode, for maintenance of the provider; but the name is misspelt",
        text: r#"[breakers.payments]
failure_threshold = 4
recovery_time = "5s"

[breakers.payment]
mode = "forced_open"
"#,
    }),
    (15, Step::File {
        title: "The mode again, under the right name",
        text: r#"[breakers.payments]
failure_threshold = 4
recovery_time = "5s"
mode = "forced_open"
"#,
    }),
    (17, Step::File {
        title: "The mode is removed",
        text: r#"[breakers.payments]
failure_threshold = 4
recovery_time = "5s"
"#,
    }),
    (19, Step::File {
        title: "An unknown key: the file is rejected, and the previous settings apply",
        text: r#"[breakers.payments]
failure_treshold = 2
recovery_time = "5s"
"#,
    }),
    (20, Step::Provider { is_up: false }),
    (25, Step::File {
        title: "A rate without a window: the file is rejected as well",
        text: r#"[breakers.payments]
recovery_time = "5s"
failure_rate = "50%"
"#,
    }),
    (26, Step::File {
        title: "A rate with its window: the code's threshold of 5 failures applies as well",
        text: r#"[breakers.payments]
recovery_time = "5s"
failure_rate = "50%"
window = 20
"#,
    }),
    (27, Step::Provider { is_up: true }),
    (30, Step::File {
        title: "An empty file: the settings of the code apply again",
        text: "",
    }),
];

/// Runs the story on a paused clock.
pub(crate) async fn tell() -> io::Result<()> {
    let directory = Directory::create()?;
    let file = directory.0.join("breakers.toml");
    let view = View::new();
    let listener = view.listen(Registry::global());
    view.print(INTRODUCTION);
    view.title("Overrides before the first call");
    write(&file, START, Duration::ZERO)?;
    view.file(START);
    tokio::select! {
        biased;
        () = watch::watch(&file, |loaded| view.loaded(loaded)) => {}
        result = steps(&file, &view) => result?,
    }
    view.summary();
    Registry::global().remove_listener(listener);
    Ok(())
}

async fn steps(file: &Path, view: &View) -> io::Result<()> {
    let start = Instant::now();
    let provider = Provider::default();
    for call in 1..=CALLS {
        let at = Duration::from_secs(call.into());
        sleep_until(start + at).await;
        view.call(&charge(&provider, 100).await);
        for (_, step) in STEPS.iter().filter(|(after, _)| *after == call) {
            sleep_until(start + at + LATER).await;
            match step {
                Step::Provider { is_up } => {
                    provider.set(*is_up);
                    view.provider(*is_up);
                }
                Step::File { title, text } => {
                    view.title(title);
                    write(file, text, start.elapsed())?;
                    view.file(text);
                }
            }
        }
    }
    Ok(())
}

/// Renames a finished file, as deployments do, so that the watcher never reads half a file. Sets
/// the file's time from the paused clock.
fn write(file: &Path, text: &str, elapsed: Duration) -> io::Result<()> {
    let draft = file.with_extension("draft");
    let mut handle = File::create(&draft)?;
    handle.write_all(text.as_bytes())?;
    handle.set_modified(SystemTime::now() + elapsed)?;
    fs::rename(draft, file)
}

/// A temporary directory that is removed when it is dropped.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn create() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("resilient-overrides-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A directory that cannot be removed does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}
