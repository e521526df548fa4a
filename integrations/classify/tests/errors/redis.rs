//! Errors that servers of Redis make. The tests start them on sockets in private folders.

use std::io::ErrorKind as IoKind;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, RedisResult, Value, cmd};
use resilient::{Classification, Outcome};
use tokio::task::spawn_blocking;

use crate::support::{
    FAILURE, FAILURE_RETRIED, IGNORED, SUCCESS, SUCCESS_RETRIED, deadline, means, rejection,
};
use resilient_test_servers::{Server, folder, redis_url, start_redis};

fn client(folder: &Path) -> Client {
    Client::open(redis_url(folder)).unwrap()
}

/// Waits until the server answers, be it with an error.
async fn ready(server: Server) -> (Server, Client) {
    let client = client(server.folder());
    let server = spawn_blocking({
        let client = client.clone();
        move || {
            server.until_ready(|| client.get_connection().ok());
            server
        }
    });
    (server.await.unwrap(), client)
}

async fn server(settings: &[&str]) -> Option<(Server, Client)> {
    Some(ready(start_redis(folder(), settings)?).await)
}

/// Connects without the limits of half a second and more that the client has by default, because
/// the machine may be busy.
async fn connect(client: &Client) -> MultiplexedConnection {
    let patient = AsyncConnectionConfig::new();
    let patient = patient.set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
}

/// Reads a command that is written as in `redis-cli`. A word in quotes would be several.
fn command(text: &str) -> Cmd {
    let mut words = text.split(' ');
    let mut command = cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command
}

async fn run(connection: &mut MultiplexedConnection, text: &str) -> RedisResult<Value> {
    command(text).query_async(connection).await
}

#[track_caller]
fn is<T: std::fmt::Debug>(result: RedisResult<T>, code: &str, expected: (Outcome, bool)) {
    let error = result.unwrap_err();
    let class = resilient_classify::redis(&error);
    assert_eq!((error.code(), means(class)), (Some(code), expected), "{error}");
}

fn io_kind(error: &RedisError) -> Option<IoKind> {
    use std::error::Error;
    use std::sync::Arc;
    let source = error.source()?.downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    source.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}

#[tokio::test]
async fn a_wrong_command_is_a_response_of_the_server() {
    let Some((_server, client)) = server(&[]).await else { return };
    let mut redis = connect(&client).await;
    run(&mut redis, "SET text word").await.unwrap();
    for (text, code) in [
        ("LPUSH text 1", "WRONGTYPE"),
        ("NOSUCHCOMMAND", "ERR"),
        ("GET", "ERR"),
        ("INCR text", "ERR"),
        ("EVALSHA ffffffffffffffffffffffffffffffffffffffff 0", "NOSCRIPT"),
        ("SCRIPT KILL", "NOTBUSY"),
        ("EVAL return{err='MYERROR'} 0", "MYERROR"),
        ("XREADGROUP GROUP none me STREAMS stream >", "NOGROUP"),
    ] {
        is(run(&mut redis, text).await, code, SUCCESS);
    }
    run(&mut redis, "ACL SETUSER reader on nopass ~* +get").await.unwrap();
    run(&mut redis, "AUTH reader any").await.unwrap();
    is(run(&mut redis, "SET text other").await, "NOPERM", SUCCESS);
}

#[tokio::test]
async fn a_response_of_another_type_is_a_response_and_a_wrong_call_is_ignored() {
    let Some((_server, client)) = server(&[]).await else { return };
    let mut redis = connect(&client).await;
    run(&mut redis, "SET text word").await.unwrap();
    for key in ["text", "none"] {
        let number = command("GET").arg(key).query_async::<u32>(&mut redis).await.unwrap_err();
        assert_eq!(number.kind(), redis::ErrorKind::Parse);
        assert_eq!(means(resilient_classify::redis(&number)), SUCCESS, "{number}");
    }

    let empty = Cmd::new().query_async::<()>(&mut redis).await.unwrap_err();
    assert_eq!(means(resilient_classify::redis(&empty)), IGNORED, "{empty}");
    let url = Client::open("redis://local host").unwrap_err();
    assert_eq!(means(resilient_classify::redis(&url)), IGNORED, "{url}");
}

#[tokio::test]
async fn a_failed_login_is_a_failure_that_is_not_retried() {
    let Some((server, client)) = server(&["--requirepass", "right"]).await else { return };
    let mut redis = connect(&client).await;
    is(run(&mut redis, "GET text").await, "NOAUTH", FAILURE);
    is(run(&mut redis, "AUTH wrong").await, "WRONGPASS", FAILURE);
    let url = format!("redis+unix://{}/socket?pass=wrong", server.folder().display());
    let login = Client::open(url).unwrap().get_multiplexed_async_connection().await;
    let login = login.err().unwrap();
    assert_eq!(login.kind(), redis::ErrorKind::AuthenticationFailed);
    assert_eq!(means(resilient_classify::redis(&login)), FAILURE);
}

/// Starts a server that has a text under the key `text`, and no memory left.
async fn full_server() -> Option<(Server, MultiplexedConnection)> {
    let (server, client) = server(&["--maxmemory-policy", "noeviction"]).await?;
    let mut redis = connect(&client).await;
    run(&mut redis, "SET text word").await.unwrap();
    run(&mut redis, "CONFIG SET maxmemory 1").await.unwrap();
    Some((server, redis))
}

#[tokio::test]
async fn a_server_without_memory_is_a_failure_that_is_not_retried() {
    let Some((_server, mut redis)) = full_server().await else { return };
    is(run(&mut redis, "SET text other").await, "OOM", FAILURE);
    let mut pipe = redis::pipe();
    pipe.get("text").set("text", "other");
    // A transaction reports the command that the server did not accept.
    let transaction = pipe.atomic().query_async::<()>(&mut redis).await.unwrap_err();
    assert_eq!(transaction.code(), Some("EXECABORT"));
    assert_eq!(means(resilient_classify::redis(&transaction)), FAILURE, "{transaction}");
}

#[tokio::test]
async fn a_failure_among_the_errors_of_a_pipeline_decides() {
    let Some((_server, mut redis)) = full_server().await else { return };
    let mut pipe = redis::pipe();
    pipe.llen("text");
    let one = pipe.query_async::<()>(&mut redis).await.unwrap_err();
    assert_eq!(means(resilient_classify::redis(&one)), SUCCESS, "{one}");
    pipe.set("text", "other");
    let both = pipe.query_async::<()>(&mut redis).await.unwrap_err();
    assert_eq!(means(resilient_classify::redis(&both)), FAILURE, "{both}");
}

#[tokio::test]
async fn a_replica_that_cannot_serve_is_a_failure_that_is_retried() {
    let master = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let master = format!("127.0.0.1 {master}");
    let settings = ["--replicaof", &master, "--replica-serve-stale-data", "no"];
    let Some((_server, client)) = server(&settings).await else { return };
    let mut redis = connect(&client).await;
    is(run(&mut redis, "GET text").await, "MASTERDOWN", FAILURE_RETRIED);
    run(&mut redis, "CONFIG SET replica-serve-stale-data yes").await.unwrap();
    is(run(&mut redis, "SET text word").await, "READONLY", FAILURE_RETRIED);
}

#[tokio::test]
async fn a_master_without_its_replicas_is_a_failure_that_is_retried() {
    let Some((_server, client)) = server(&["--min-replicas-to-write", "1"]).await else { return };
    let mut redis = connect(&client).await;
    is(run(&mut redis, "SET text word").await, "NOREPLICAS", FAILURE_RETRIED);
}

#[tokio::test]
async fn a_server_that_runs_a_long_script_is_a_failure_that_is_retried() {
    let Some((_server, client)) = server(&["--busy-reply-threshold", "1"]).await else { return };
    let mut scripts = connect(&client).await;
    let script = tokio::spawn(async move {
        cmd("EVAL").arg("while true do end").arg(0).query_async::<()>(&mut scripts).await
    });
    let mut redis = connect(&client).await;
    let busy = loop {
        if let Err(error) = run(&mut redis, "GET text").await {
            break error;
        }
    };
    is(Err::<(), _>(busy), "BUSY", FAILURE_RETRIED);
    run(&mut redis, "SCRIPT KILL").await.unwrap();
    is(script.await.unwrap(), "ERR", SUCCESS);
}

#[tokio::test]
async fn a_server_that_loads_its_data_is_a_failure_that_is_retried() {
    let Some((server, client)) = server(&["--dbfilename", "dump"]).await else { return };
    let mut redis = connect(&client).await;
    let fill = "for i = 1, 20000 do redis.call('SET', i, 'word') end";
    cmd("EVAL").arg(fill).arg(0).exec_async(&mut redis).await.unwrap();
    run(&mut redis, "SAVE").await.unwrap();
    let folder = spawn_blocking(|| server.into_folder("TERM")).await.unwrap();
    let slowly = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
    let settings = [&["--dbfilename", "dump"][..], &slowly].concat();
    let server = start_redis(folder, &settings).unwrap();
    let client = self::client(server.folder());
    let loading = spawn_blocking(move || {
        server.until_ready(|| {
            // Nothing that the client sends first needs the data.
            let mut connection = client.get_connection().ok()?;
            Some(cmd("GET").arg("1").query::<String>(&mut connection))
        })
    });
    is(loading.await.unwrap(), "LOADING", FAILURE_RETRIED);
}

#[tokio::test]
async fn a_server_that_cannot_save_is_a_failure_that_is_not_retried() {
    let Some((server, client)) = server(&["--dbfilename", "dump"]).await else { return };
    let mut redis = connect(&client).await;
    // The rename onto a folder fails.
    std::fs::create_dir(server.folder().join("dump")).unwrap();
    cmd("CONFIG").arg("SET").arg("save").arg("3600 1").exec_async(&mut redis).await.unwrap();
    run(&mut redis, "SET text word").await.unwrap();
    run(&mut redis, "BGSAVE").await.unwrap();
    let refused = loop {
        if let Err(error) = run(&mut redis, "SET text word").await {
            break error;
        }
    };
    is(Err::<(), _>(refused), "MISCONF", FAILURE);
}

#[tokio::test]
async fn a_server_with_too_many_clients_is_a_failure_that_is_retried() {
    let Some((_server, client)) = server(&["--maxclients", "1"]).await else { return };
    let first = loop {
        // The connection that found the server ready may not have ended yet.
        if let Ok(connection) = client.get_multiplexed_async_connection().await {
            break connection;
        }
    };
    let refused = client.get_multiplexed_async_connection().await.err().unwrap();
    assert_eq!(means(resilient_classify::redis(&refused)), FAILURE_RETRIED, "{refused:?}");
    drop(first);
}

/// A node of a cluster that a test forms.
struct Node {
    _server: Server,
    port: String,
    redis: MultiplexedConnection,
}

impl Node {
    async fn start() -> Option<Self> {
        // The nodes talk to each other on a second port, which is 10 000 above the first.
        let ports = std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").unwrap());
        let mut ports = ports.map(|listener| listener.local_addr().unwrap().port());
        let port = ports.find(|port| *port < 55_000).unwrap().to_string();
        let settings = ["--cluster-enabled", "yes", "--port", &port, "--bind", "127.0.0.1"];
        let (server, client) = server(&settings).await?;
        Some(Self { _server: server, port, redis: connect(&client).await })
    }

    async fn run(&mut self, text: &str) -> RedisResult<Value> {
        run(&mut self.redis, text).await
    }

    async fn ask(&mut self, text: &str) -> String {
        command(text).query_async(&mut self.redis).await.unwrap()
    }
}

#[tokio::test]
async fn keys_that_move_in_a_cluster_are_retried_and_no_failure() {
    let Some(mut one) = Node::start().await else { return };
    let mut other = Node::start().await.unwrap();
    one.run("CLUSTER ADDSLOTSRANGE 0 8191").await.unwrap();
    other.run("CLUSTER ADDSLOTSRANGE 8192 16383").await.unwrap();
    // The nodes do not know each other yet, so half of the slots have no node.
    is(one.run("GET b").await, "CLUSTERDOWN", FAILURE_RETRIED);
    one.run(&format!("CLUSTER MEET 127.0.0.1 {}", other.port)).await.unwrap();
    for node in [&mut one, &mut other] {
        while !node.ask("CLUSTER INFO").await.contains("cluster_state:ok") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    // The slot of `b` is 3300, that of `a` is 15495.
    is(one.run("GET a").await, "MOVED", SUCCESS_RETRIED);
    is(one.run("MGET a b").await, "CROSSSLOT", SUCCESS);
    let (own, target) = (one.ask("CLUSTER MYID").await, other.ask("CLUSTER MYID").await);
    one.run(&format!("CLUSTER SETSLOT 3300 MIGRATING {target}")).await.unwrap();
    is(one.run("GET b").await, "ASK", SUCCESS_RETRIED);
    other.run(&format!("CLUSTER SETSLOT 3300 IMPORTING {own}")).await.unwrap();
    other.run("ASKING").await.unwrap();
    is(other.run("MGET {b}1 {b}2").await, "TRYAGAIN", SUCCESS_RETRIED);
}

#[tokio::test]
async fn a_server_that_is_killed_or_absent_is_a_failure_that_is_retried() {
    let Some((server, client)) = server(&[]).await else { return };
    let (mut redis, mut watcher) = (connect(&client).await, connect(&client).await);
    let waiting = tokio::spawn(async move { run(&mut redis, "BLPOP list 0").await });
    loop {
        let info: String = command("INFO clients").query_async(&mut watcher).await.unwrap();
        if info.contains("blocked_clients:1") {
            break;
        }
    }
    let folder = spawn_blocking(|| server.into_folder("KILL")).await.unwrap();
    let in_flight = waiting.await.unwrap().unwrap_err();
    assert!(in_flight.is_io_error());
    assert_eq!(means(resilient_classify::redis(&in_flight)), FAILURE_RETRIED, "{in_flight:?}");
    let after = run(&mut watcher, "GET text").await.unwrap_err();
    assert_eq!(means(resilient_classify::redis(&after)), FAILURE_RETRIED, "{after:?}");

    let refused = client.get_multiplexed_async_connection().await.err().unwrap();
    assert_eq!(io_kind(&refused), Some(IoKind::ConnectionRefused));
    assert_eq!(means(resilient_classify::redis(&refused)), FAILURE_RETRIED);
    drop(folder);
    let absent = client.get_multiplexed_async_connection().await.err().unwrap();
    assert_eq!(io_kind(&absent), Some(IoKind::NotFound));
    assert_eq!(means(resilient_classify::redis(&absent)), FAILURE_RETRIED);
}

#[tokio::test]
async fn a_response_that_does_not_come_in_time_is_a_failure_that_is_retried() {
    let Some((_server, client)) = server(&[]).await else { return };
    let limit = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_millis(20)));
    let connection = client.get_multiplexed_async_connection_with_config(&limit).await;
    let late = run(&mut connection.unwrap(), "BLPOP list 0").await.unwrap_err();
    assert!(late.is_timeout());
    assert_eq!(means(resilient_classify::redis(&late)), FAILURE_RETRIED);
}

#[tokio::test]
async fn what_is_no_redis_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let server = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        socket
    });
    let client = client(folder.path());
    let garbage = match client.get_multiplexed_async_connection().await {
        Ok(mut redis) => run(&mut redis, "GET text").await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(means(resilient_classify::redis(&garbage)), FAILURE_RETRIED, "{garbage:?}");
    server.abort();
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_inside_the_error_decides() {
    let open = RedisError::from(std::io::Error::other(rejection()));
    assert_eq!(means(resilient_classify::redis(&open)), IGNORED);
    let late = RedisError::from(std::io::Error::from(deadline().await));
    assert_eq!(resilient_classify::redis(&late), Classification::permanent());
    let denied = RedisError::from(std::io::Error::from(IoKind::PermissionDenied));
    assert_eq!(means(resilient_classify::redis(&denied)), FAILURE);
}
