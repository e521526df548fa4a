//! A chat endpoint from a TOML file, during an outage.
//!
//! ```text
//! cargo run -p resilient-http --example endpoint --features cache,toml
//! ```
//!
//! The API is a stand-in on loopback. It is up for a second, down for 1.5 seconds, and then up
//! again. The program asks two questions in turn, twenty times per second. Watch for
//!
//! - cached responses: most calls send nothing,
//! - the outage: a few calls fail, then the circuit is open and stale responses come at once,
//! - a question that was never asked before: nothing is cached, and the error says when to retry,
//! - the end: one probe, and responses are fresh again.

mod server;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use resilient_http::{ApiError, Endpoint, EndpointConfigs, Reply, Served};
use serde::{Deserialize, Serialize};

use crate::server::{OUTAGE, Server};

#[derive(Debug, Serialize)]
struct Message {
    role: &'static str,
    content: &'static str,
}

#[derive(Debug, Serialize)]
struct Ask {
    messages: [Message; 1],
}

#[derive(Debug, Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Debug, Deserialize)]
struct Said {
    content: String,
}

type Chat = Endpoint<Ask, Reply<Completion>>;

fn ask(content: &'static str) -> Ask {
    Ask { messages: [Message { role: "user", content }] }
}

/// Returns the kind of a call's result and the line to print for it.
fn describe(ended: &Result<Reply<Completion>, ApiError>) -> (&'static str, String) {
    let reply = match ended {
        Ok(reply) => reply,
        Err(ApiError::CircuitOpen(open)) => {
            let wait = open.retry_after().unwrap_or_default().as_millis();
            return ("no response, circuit open", format!("retry in {wait} ms"));
        }
        Err(error) => return ("no response", error.to_string()),
    };
    let text = reply.value.choices.first().map_or("", |choice| &choice.message.content);
    match reply.response.served() {
        Served::Stale { age } => ("stale", format!("{text}, {} ms old", age.as_millis())),
        Served::Cached { .. } => ("cached", text.to_owned()),
        _ => ("new", text.to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("endpoint: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the reader of the output closed the pipe, as `head` does.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let server = Server::start().await?;
    let declared = EndpointConfigs::from_toml(include_str!("endpoints.toml"))?;
    let config = declared.get("chat").ok_or("no endpoint `chat`")?;
    for warning in config.warnings() {
        // In this example the key is no secret.
        writeln!(out, "The file of the endpoint is accepted, with a warning:\n  {warning}\n")?;
    }
    let config = config.to_builder().base_url(server.base()).build()?;
    let chat = Chat::new(config)?;

    let (from, to) = OUTAGE;
    writeln!(
        out,
        "Two questions in turn, 20 times per second. The API is down from {from:?} to {to:?}."
    )?;
    writeln!(out, "A line for each change of the kind of response:\n")?;
    writeln!(out, "    time  circuit    response")?;
    let questions = ["Which tea?", "Which cup?"];
    let mut last = "";
    let mut asked_new = false;
    for n in 0_usize.. {
        let age = server.age();
        if age > OUTAGE.1 + Duration::from_millis(1400) {
            break;
        }
        let is_open = chat.circuit_breaker().state() == resilient::breaker::CircuitState::Open;
        let question = if is_open && last == "stale" && !asked_new {
            asked_new = true;
            "Which spoon?"
        } else {
            questions[n % 2]
        };
        let ended = chat.call(&ask(question)).await;
        let (kind, text) = describe(&ended);
        if kind != last {
            let state = chat.circuit_breaker().state().to_string();
            writeln!(out, "{:>6} ms  {state:<9}  {kind}: {text}", age.as_millis())?;
        }
        last = kind;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let Some(cache) = chat.cache() else {
        return Ok(());
    };
    let counts = cache.counts();
    writeln!(
        out,
        "\n{} calls used a cached response and {} a stale one; the server got {} requests.",
        counts.hits,
        counts.stale,
        server.requests()
    )?;
    Ok(())
}
