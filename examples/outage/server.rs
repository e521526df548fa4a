//! The server, which reports its stock if its condition allows it.

use std::io;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::schedule::{Condition, PHASES, Phase, Schedule};
use crate::wire::{Connection, Port};

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<u64>>,
}

impl Server {
    pub(crate) fn start(port: Port, schedule: Schedule) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(port, schedule, stopped));
        Self { stop, task }
    }

    /// Stops the server, and returns how many connections it accepted while it was sick.
    pub(crate) async fn stop(self) -> io::Result<u64> {
        // Sending fails if the task has already ended. Then the result of the task states the
        // reason.
        let _ = self.stop.send(());
        self.task.await?
    }
}

async fn serve(
    port: Port,
    schedule: Schedule,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<u64> {
    let mut desk = Desk {
        port,
        schedule,
        // All three servers draw the same random numbers.
        random: SmallRng::seed_from_u64(2),
        conversations: JoinSet::new(),
        accepted_while_sick: 0,
    };
    for phase in &PHASES {
        if phase.condition == Condition::Refusing {
            desk.port.close()?;
        } else {
            desk.port.reopen()?;
        }
        tokio::select! {
            biased;
            () = schedule.end_of(phase) => {}
            never = desk.accept_all(phase) => never,
            _ = &mut stopped => break,
        }
    }
    desk.conversations.shutdown().await;
    Ok(desk.accepted_while_sick)
}

struct Desk {
    port: Port,
    schedule: Schedule,
    random: SmallRng,
    conversations: JoinSet<io::Result<()>>,
    accepted_while_sick: u64,
}

impl Desk {
    async fn accept_all(&mut self, phase: &Phase) -> ! {
        let mut number = 0;
        loop {
            // If a connection breaks before the server accepts it, the caller reports the error.
            let Ok(connection) = self.port.accept().await else {
                continue;
            };
            number += 1;
            self.accepted_while_sick += u64::from(phase.is_sick());
            if phase.resets(number) {
                self.conversations.spawn(hang_up(connection));
            } else {
                let time = self.schedule.answer_time(&mut self.random);
                self.conversations.spawn(async move {
                    sleep(time).await;
                    answer(connection).await
                });
            }
        }
    }
}

async fn answer(mut connection: Box<dyn Connection>) -> io::Result<()> {
    hear(&mut connection).await?;
    connection.write_all(b"42\n").await?;
    connection.shutdown().await
}

async fn hang_up(mut connection: Box<dyn Connection>) -> io::Result<()> {
    hear(&mut connection).await?;
    connection.reset();
    Ok(())
}

/// Reads the request and ignores its content.
async fn hear(connection: &mut Box<dyn Connection>) -> io::Result<()> {
    let mut question = String::new();
    BufReader::new(connection).read_line(&mut question).await?;
    Ok(())
}
