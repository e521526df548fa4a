//! The server, which reports its stock if its fault of the moment allows it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::schedule::{Fault, Schedule};
use crate::wire::{Connection, Port};

/// Serves the port until the future is dropped.
pub(crate) async fn serve(mut port: Port, schedule: Arc<Schedule>) -> io::Result<()> {
    let mut conversations = JoinSet::new();
    for (fault, end) in schedule.faults() {
        if fault == Fault::Refuse {
            port.close()?;
        } else {
            port.reopen()?;
        }
        tokio::select! {
            biased;
            () = end_of_fault(&schedule, end) => {}
            never = accept_all(&mut port, fault, &schedule, &mut conversations) => never,
        }
        if fault == Fault::Hang {
            // The process that hung is killed, and all its connections break.
            conversations.shutdown().await;
        }
    }
    Ok(())
}

async fn end_of_fault(schedule: &Schedule, end: Option<Duration>) {
    match end {
        Some(end) => schedule.clock.sleep_until(end).await,
        None => std::future::pending().await,
    }
}

async fn accept_all(
    port: &mut Port,
    fault: Fault,
    schedule: &Schedule,
    conversations: &mut JoinSet<io::Result<()>>,
) -> ! {
    loop {
        // If a connection breaks before the server accepts it, the caller reports the error.
        let Ok(mut connection) = port.accept().await else {
            continue;
        };
        let time = schedule.response_time();
        conversations.spawn(async move {
            read_request(&mut connection).await?;
            match fault {
                Fault::Lose | Fault::Refuse => {
                    connection.reset();
                    return Ok(());
                }
                Fault::Hang => std::future::pending().await,
                Fault::None => sleep(time).await,
            }
            connection.write_all(b"42\n").await?;
            connection.shutdown().await
        });
    }
}

/// Reads the request and ignores its content.
async fn read_request(connection: &mut Box<dyn Connection>) -> io::Result<()> {
    let mut request = String::new();
    BufReader::new(connection).read_line(&mut request).await?;
    Ok(())
}
