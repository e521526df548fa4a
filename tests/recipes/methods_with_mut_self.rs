//! The recipe for methods that take `&mut self`.

use super::dependency;

// excerpt: recipe
use resilient::retry;
use std::io;

struct Session {
    connection: Option<Connection>,
    connects: u32,
}

impl Session {
    #[retry(attempt_timeout = "2s")]
    async fn balance(&mut self, account: u32) -> io::Result<u64> {
        // It is taken out, so an attempt that fails or is cut off drops the connection.
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            self.connects += 1;
            connect().await?
        };
        let balance = connection.read_balance(account).await?;
        self.connection = Some(connection);
        Ok(balance)
    }
}

struct Connection;

async fn connect() -> io::Result<Connection> {
    // Connect to the server here.
    Ok(Connection)
}

impl Connection {
    async fn read_balance(&mut self, account: u32) -> io::Result<u64> {
        dependency::call(io::ErrorKind::ConnectionReset).await?; // not shown
        // Ask the server here.
        Ok(100)
    }
}
// end excerpt

#[tokio::test(start_paused = true)]
async fn each_attempt_sees_what_the_attempt_before_it_left_in_self() {
    let mut session = Session { connection: None, connects: 0 };
    assert_eq!(session.balance(7).await.unwrap(), 100);
    assert_eq!(session.balance(7).await.unwrap(), 100);
    assert_eq!(session.connects, 1);

    dependency::fail(2);
    assert_eq!(session.balance(7).await.unwrap(), 100);
    assert_eq!(session.connects, 3);

    dependency::hang(1);
    assert_eq!(session.balance(7).await.unwrap(), 100);
    assert_eq!(session.connects, 4);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_leaves_no_broken_connection() {
    let mut session = Session { connection: None, connects: 0 };
    dependency::fail(4);
    session.balance(7).await.unwrap_err();
    assert!(session.connection.is_none());
}
