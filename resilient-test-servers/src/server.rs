//! Starts servers in folders that are removed afterwards.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{Write, stderr};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The user `nobody`. Database servers refuse to run as root.
const NOBODY: u32 = 65_534;

/// Starts the command in a new process group, and passes on the signals that the lines of the
/// standard input name. A second word on a line means that the script waits for the end of the
/// command. `KILL` goes to the whole group, because a server that is killed cannot end its workers.
/// The input ends when the process of the test ends, even if that is killed. Then nobody else
/// removes the folder.
const RUN: &str = r#"
setsid "$@" </dev/null >log 2>&1 &
# An interrupt from the keyboard ends the loop below.
trap : HUP INT TERM
send() {
    if [ "$1" = KILL ]; then
        kill -s KILL -- -$! || kill -s KILL $!
    else
        kill -s "$1" $!
    fi
}
while read -r signal last; do
    send "$signal"
    if [ -n "$last" ]; then
        wait $!
        exit
    fi
done
send KILL
wait $!
rm -r "$PWD"
"#;

/// Returns a program that is installed. If it is not, returns `None` after a line that says so, or
/// panics if the environment has `RESILIENT_REQUIRE_SERVERS`.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    folders.extend(std::env::split_paths(&path));
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|file| file.exists());
    check_found(program, found.is_some());
    found
}

/// The missing programs and modules that are already reported.
static REPORTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Reports a missing program or module once, or panics if the environment requires it.
pub(crate) fn check_found(name: &str, is_found: bool) -> bool {
    if !is_found {
        let missing = format!("skipped: `{name}` is not installed");
        assert!(std::env::var_os("RESILIENT_REQUIRE_SERVERS").is_none(), "{missing}");
        if REPORTED.lock().is_ok_and(|mut reported| reported.insert(name.to_owned())) {
            // The harness would show the output of `eprintln!` only if the test fails.
            stderr().write_all(format!("\n{missing}\n").as_bytes()).unwrap();
        }
    }
    is_found
}

/// A folder that a server may use, also if the tests run as root.
pub fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    if is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    folder
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Returns a command that runs in this folder, not as root.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// A running server. It is killed when this value is dropped, and when the test's process ends.
#[derive(Debug)]
pub struct Server {
    shell: Child,
    signals: Option<ChildStdin>,
    folder: TempDir,
}

impl Server {
    /// Starts `program`, which must not go to the background.
    pub fn start<A: AsRef<OsStr>>(
        folder: TempDir,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        // The log of an earlier server would look like that of a ready one.
        let _ = std::fs::remove_file(folder.path().join("log"));
        let mut shell = command("sh", folder.path());
        shell.args(["-c", RUN, "sh"]).arg(program).args(arguments);
        shell.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let signals = shell.stdin.take();
        Self { shell, signals, folder }
    }

    /// Returns the folder in which the server runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sends this signal to the server, for example `HUP`. Has no effect if the server has ended.
    pub fn signal(&mut self, signal: &str) {
        if let Some(signals) = &mut self.signals {
            // This fails if the server has ended.
            let _ = writeln!(signals, "{signal}");
        }
    }

    /// Sends this signal to the server, and waits until the server has ended. `KILL` ends all
    /// processes of the server.
    pub fn end(&mut self, signal: &str) {
        self.signal(&format!("{signal} last"));
        self.signals = None;
        self.shell.wait().unwrap();
    }

    /// Ends the server, and returns its folder for the next start.
    pub fn into_folder(mut self, signal: &str) -> TempDir {
        self.end(signal);
        std::mem::replace(&mut self.folder, TempDir::new().unwrap())
    }

    /// Waits until the log has this text. A later start in the same folder begins a new log. Panics
    /// with the log after 30 seconds.
    pub fn until_log_has(&self, text: &str) {
        let log = self.folder().join("log");
        self.until_ready(|| std::fs::read_to_string(&log).ok()?.contains(text).then_some(()));
    }

    /// Calls `ready` until it returns a value. Panics with the server's log after 30 seconds.
    pub fn until_ready<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(value) = ready() {
                return value;
            }
            let log = || std::fs::read_to_string(self.folder().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(30), "not ready: {}", log());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end("KILL");
    }
}
