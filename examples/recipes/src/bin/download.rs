//! The recipe for a command-line tool: reads what a server sends, and writes it into a
//! file.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use resilient::{Classification, retry};

/// Receives a file after its length, a number of 8 bytes. This function is not
/// `async`, so nothing can cut it off: each wait for the network has a limit, and
/// `max_elapsed` begins no retry after 30 s.
#[retry(
    max_retries = 4,
    base_delay = "500ms",
    max_delay = "5s",
    max_elapsed = "30s",
    classify = by_kind,
    on_retry = |retry| eprintln!(
        "download: {}; attempt {} of {} in {:.1?}",
        retry.error().expect("it failed"),
        retry.attempt() + 1,
        retry.max_attempts(),
        retry.delay(),
    )
)]
fn receive(address: &str, part: &Path) -> io::Result<u64> {
    let no_address = || io::Error::new(ErrorKind::InvalidInput, "no address");
    let address = address.to_socket_addrs()?.next().ok_or_else(no_address)?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut length = [0; 8];
    stream.read_exact(&mut length)?;
    let length = u64::from_be_bytes(length);
    // Each attempt begins with an empty file.
    let received = io::copy(&mut stream.take(length), &mut fs::File::create(part)?)?;
    // If the server ends in the middle, the connection ends as if all were sent.
    if received < length {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the file ends too early"));
    }
    Ok(received)
}

/// A wrong argument or a full disk stays wrong. All else may be better in a moment.
fn by_kind(error: &io::Error) -> Classification {
    match error.kind() {
        ErrorKind::InvalidInput
        | ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::StorageFull => Classification::permanent(),
        _ => Classification::transient(),
    }
}

/// Exit codes: 0 for success, 1 for a failure, 2 for wrong arguments, 130 for Ctrl-C.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [address, file] = &arguments[..] else {
        eprintln!("usage: download HOST:PORT FILE");
        return ExitCode::from(2);
    };
    let part = format!("{file}.part");
    let received = tokio::select! {
        // In this order, so that Ctrl-C is caught before the work begins.
        biased;
        _ = tokio::signal::ctrl_c() => {
            let _ = fs::remove_file(&part);
            eprintln!("download: stopped");
            // A return would wait for the thread, which may sleep between two attempts.
            std::process::exit(130);
        }
        received = in_thread(address, &part) => received,
    };
    match received.and_then(|bytes| fs::rename(&part, file).map(|()| bytes)) {
        Ok(bytes) => {
            println!("{bytes} bytes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = fs::remove_file(&part);
            eprintln!("download: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn in_thread(address: &str, part: &str) -> io::Result<u64> {
    let (address, part) = (address.to_owned(), part.to_owned());
    tokio::task::spawn_blocking(move || receive(&address, part.as_ref())).await?
}
