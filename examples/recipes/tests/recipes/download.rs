//! The recipe for a command-line tool, as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::{fs, iter, thread};

use resilient_test_servers::folder;

use crate::support::signal;

struct Download {
    process: Child,
    progress: BufReader<ChildStderr>,
}

impl Download {
    fn start(address: &str, file: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_download"));
        let command = command.arg(address).arg(file);
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let progress = BufReader::new(process.stderr.take().unwrap());
        Self { process, progress }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.progress.read_line(&mut line).unwrap();
        line
    }

    /// Returns the exit code, and what the tool wrote into both outputs since the last line.
    fn end(mut self) -> (i32, String, String) {
        let mut rest = String::new();
        self.progress.read_to_string(&mut rest).unwrap();
        let output = self.process.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), rest)
    }
}

/// Serves this file to each connection, and to the first one only the first bytes of it.
fn serve(listener: TcpListener, file: &'static str, first: usize) {
    thread::spawn(move || {
        let sent = iter::once(first).chain(iter::repeat(file.len()));
        for (connection, sent) in listener.incoming().zip(sent) {
            let mut connection = connection.unwrap();
            connection.write_all(&(file.len() as u64).to_be_bytes()).unwrap();
            connection.write_all(&file.as_bytes()[..sent]).unwrap();
        }
    });
}

/// Returns an address at which nobody listens.
fn nowhere() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[test]
fn a_file_is_received_after_a_retry_that_the_user_sees() {
    let folder = folder();
    let file = folder.path().join("file");
    let address = nowhere();
    let mut download = Download::start(&address.to_string(), &file);
    let line = download.line();
    assert!(line.starts_with("download: Connection refused"), "{line}");
    assert!(line.contains("; attempt 2 of 5 in "), "{line}");
    serve(TcpListener::bind(address).unwrap(), "content", 7);
    let (code, output, _) = download.end();
    assert_eq!((code, &*output), (0, "7 bytes\n"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "content");
    assert!(!folder.path().join("file.part").exists());
}

#[test]
fn a_file_that_ends_too_early_is_received_again() {
    let folder = folder();
    let file = folder.path().join("file");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    serve(listener, "content", 3);
    let mut download = Download::start(&address, &file);
    let line = download.line();
    assert!(line.starts_with("download: the file ends too early; attempt 2"), "{line}");
    let (code, output, _) = download.end();
    assert_eq!((code, &*output), (0, "7 bytes\n"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "content");
}

#[test]
fn what_stays_wrong_is_not_repeated() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    serve(listener, "content", 7);
    let (code, output, errors) =
        Download::start(&address, Path::new("/no/such/folder/file")).end();
    assert_eq!((code, &*output), (1, ""));
    assert!(errors.starts_with("download: No such file"), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn ctrl_c_ends_the_tool_in_the_middle_of_a_delay() {
    let folder = folder();
    let mut download =
        Download::start(&nowhere().to_string(), &folder.path().join("file"));
    download.line();
    signal("INT", download.process.id().try_into().unwrap());
    let (code, output, errors) = download.end();
    assert_eq!((code, &*output), (130, ""));
    assert!(errors.ends_with("download: stopped\n"), "{errors}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn wrong_arguments_have_an_exit_code_of_their_own() {
    let output = Command::new(env!("CARGO_BIN_EXE_download")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "usage: download HOST:PORT FILE\n"
    );
}
