//! The log since the last look at it.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// The most lines to show.
const LINES: usize = 5;

/// Holds the log in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Returns the first lines of the log since the last call. Of lines that differ only in their
    /// numbers, it returns one.
    pub(super) fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut shapes = HashSet::new();
        let shape = |line: &str| line.replace(|character: char| character.is_ascii_digit(), "");
        let is_new = |line: &&str| shapes.insert(shape(line));
        text.lines().map(str::trim).filter(is_new).take(LINES).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
