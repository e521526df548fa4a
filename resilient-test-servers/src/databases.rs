//! Starts servers of PostgreSQL and Redis on sockets in private folders.

use std::path::Path;

use tempfile::TempDir;

use crate::server::{Server, command, folder, installed};

/// Starts PostgreSQL with the superuser `admin`, who needs no password, and with these settings,
/// such as `fsync=off`. `access` replaces `pg_hba.conf`. The folder is that of an earlier server,
/// or empty. Returns `None` after a line that says so if PostgreSQL is not installed: see
/// [`installed`].
pub fn start_postgres(folder: TempDir, access: Option<&str>, settings: &[&str]) -> Option<Server> {
    let (initdb, postgres) = (installed("initdb")?, installed("postgres")?);
    if !folder.path().join("data").exists() {
        let made = command(initdb, folder.path())
            .args(["--pgdata", "data", "--username", "admin", "--auth", "trust"])
            .args(["--no-sync", "--encoding", "UTF8", "--no-locale"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    if let Some(access) = access {
        std::fs::write(folder.path().join("data/pg_hba.conf"), access).unwrap();
    }
    let path = folder.path().to_owned();
    let mut arguments = vec!["-D".into(), path.join("data"), "-k".into(), path];
    for setting in ["listen_addresses=", "fsync=off"].iter().chain(settings) {
        arguments.extend(["-c".into(), setting.into()]);
    }
    let server = Server::start(folder, &postgres, arguments);
    server.until_log_has("database system is ready to accept connections");
    Some(server)
}

/// Starts Redis on the socket `socket` in this folder, with these further arguments. Does not wait
/// until the server is ready. Returns `None` after a line that says so if Redis is not installed:
/// see [`installed`].
pub fn start_redis(folder: TempDir, settings: &[&str]) -> Option<Server> {
    let program = installed("redis-server")?;
    let mut arguments = vec!["--port", "0", "--unixsocket", "socket", "--save", ""];
    arguments.extend(settings);
    Some(Server::start(folder, &program, arguments))
}

/// Returns the URL of a server that [`start_redis`] starts in this folder.
pub fn redis_url(folder: &Path) -> String {
    format!("redis+unix://{}/socket", folder.display())
}

/// Starts Redis in a new folder or in that of an earlier server, and waits until it is ready.
pub fn ready_redis(earlier: Option<TempDir>, settings: &[&str]) -> Option<Server> {
    let server = start_redis(earlier.unwrap_or_else(folder), settings)?;
    server.until_log_has("eady to accept connections");
    Some(server)
}
