//! The service in a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// No line and no end of a process takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Shop {
    process: Child,
    lines: Receiver<String>,
    url: String,
    http: reqwest::Client,
}

impl Shop {
    /// Starts the service with these variables, and waits until it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_shop"))
            .env("LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
        let http = reqwest::Client::new();
        let mut shop = Self { process, lines, url: String::new(), http };
        let line = shop.line_with("listening");
        shop.url = format!("http://{}", line.rsplit_once("address=").unwrap().1);
        shop
    }

    /// Returns the next line of the log that contains `part`.
    pub(crate) fn line_with(&self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line contains `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Returns the status and the rest of the log.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        self.signal("TERM");
        let mut rest = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            rest.push(line);
        }
        (self.process.wait().unwrap(), rest)
    }

    pub(crate) fn order(&self, key: &str, order: &Value) -> RequestBuilder {
        let url = format!("{}/orders", self.url);
        self.http.post(url).header("Idempotency-Key", key).json(order)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // A killed service would leave its Redis server behind.
        if self.process.try_wait().unwrap().is_none() {
            self.signal("TERM");
            self.process.wait().unwrap();
        }
    }
}

pub(crate) fn kettle() -> Value {
    json!({ "sku": "kettle", "quantity": 2, "card": "tok_canary" })
}

/// Returns the status and the body.
pub(crate) async fn sent(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}
