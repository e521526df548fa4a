//! The program stays up and serves what it says, and ends by itself only with `--once`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_example-prometheus"));
    command.args(arguments);
    command
}

/// A running program. The end of the test kills it.
struct Running {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Reads until a line that begins with `words`, and returns the line.
    fn line(&mut self, words: &str) -> String {
        let mut lines = self.output.by_ref().lines().map(Result::unwrap);
        let found = lines.find(|line| line.trim_start().starts_with(words));
        found.unwrap_or_else(|| panic!("the program ended without the line `{words}`"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does what `curl URL` does, and returns head and body.
fn get(url: &str) -> String {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn the_printed_command_shows_metrics_and_the_program_stays_up() {
    let mut running = Running::start(&[]);
    let command = running.line("curl http://");
    let url = command.trim().strip_prefix("curl ").unwrap().to_owned();
    running.line("All is well");
    // The first scrapes may come before the first call.
    let mut scrapes = (0..1000).map(|_| get(&url));
    let has_breaker = |text: &String| text.contains("resilient_breaker_state{breaker=\"payments\"");
    let response = scrapes.find(has_breaker).expect("no scrape shows the breaker");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(get(&url.replace("/metrics", "/")).starts_with("HTTP/1.1 404 "));
    assert!(running.child.try_wait().unwrap().is_none(), "the program has ended");
}

#[test]
fn an_address_chooses_the_port() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut running = Running::start(&[&free]);
    assert_eq!(running.line("curl http://").trim(), format!("curl http://{free}/metrics"));
}

#[test]
fn once_prints_health_and_an_outage_and_ends() {
    let output = program(&["--once"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (well, outage) = text.split_once("Payments are down").expect("both titles");
    let state =
        |state| format!("resilient_breaker_state{{breaker=\"payments\",state=\"{state}\"}}");
    assert!(well.starts_with("All is well; http://") && well.contains(&state("closed")), "{well}");
    assert!(!outage.contains(&state("closed")), "{outage}");
}

#[test]
fn other_arguments_are_rejected() {
    for wrong in [&["--serve"][..], &["9464"], &["--once", "127.0.0.1:9464"]] {
        let output = program(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("`--once`"), "{output:?}");
    }
}
