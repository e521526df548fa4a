//! Errors of files and sockets.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use resilient::{CircuitOpen, Classification};

use crate::support::{FAILURE, FAILURE_RETRIED, IGNORED, SUCCESS, deadline, means, rejection};

#[track_caller]
fn is<T: std::fmt::Debug>(
    result: io::Result<T>,
    kind: ErrorKind,
    expected: (resilient::Outcome, bool),
) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), means(resilient_classify::io(&error))), (kind, expected));
}

#[test]
fn a_file_that_is_not_there_or_not_a_file_is_a_response_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    File::create(at("file")).unwrap();
    File::create(at("folder/file")).unwrap();

    is(File::open(at("none")), ErrorKind::NotFound, SUCCESS);
    is(File::create_new(at("file")), ErrorKind::AlreadyExists, SUCCESS);
    is(fs::read(at("folder")), ErrorKind::IsADirectory, SUCCESS);
    is(File::open(at("file/below")), ErrorKind::NotADirectory, SUCCESS);
    is(fs::remove_dir(at("folder")), ErrorKind::DirectoryNotEmpty, SUCCESS);
    is(Err::<(), _>(ErrorKind::PermissionDenied.into()), ErrorKind::PermissionDenied, SUCCESS);
}

#[test]
fn a_path_that_cannot_exist_is_ignored() {
    is(File::open("a\0b"), ErrorKind::InvalidInput, IGNORED);
    is(Err::<(), _>(ErrorKind::Unsupported.into()), ErrorKind::Unsupported, IGNORED);
}

#[test]
fn a_full_disk_is_a_failure_that_is_not_retried() {
    let mut full = File::options().write(true).open("/dev/full").unwrap();
    is(full.write_all(b"text"), ErrorKind::StorageFull, FAILURE);
    for kind in [ErrorKind::ReadOnlyFilesystem, ErrorKind::QuotaExceeded, ErrorKind::InvalidData] {
        is(Err::<(), _>(kind.into()), kind, FAILURE);
    }
}

#[test]
fn a_broken_or_slow_connection_is_a_failure_that_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut cut = TcpStream::connect(address).unwrap();
    // The bytes that the peer has not read make its end a reset.
    cut.write_all(b"text").unwrap();
    drop(listener.accept().unwrap());
    is(cut.read(&mut [0; 8]), ErrorKind::ConnectionReset, FAILURE_RETRIED);
    drop(listener);
    is(TcpStream::connect(address), ErrorKind::ConnectionRefused, FAILURE_RETRIED);

    let (mut one, other) = UnixStream::pair().unwrap();
    one.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    is(one.read(&mut [0; 8]), ErrorKind::WouldBlock, FAILURE_RETRIED);
    drop(other);
    is(one.read_exact(&mut [0; 8]), ErrorKind::UnexpectedEof, FAILURE_RETRIED);
    is(one.write_all(b"text"), ErrorKind::BrokenPipe, FAILURE_RETRIED);
}

#[test]
fn every_other_kind_is_a_failure_that_is_retried() {
    for kind in [
        ErrorKind::TimedOut,
        ErrorKind::Interrupted,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkDown,
        ErrorKind::StaleNetworkFileHandle,
        ErrorKind::ResourceBusy,
        ErrorKind::OutOfMemory,
        ErrorKind::Other,
    ] {
        is(Err::<(), _>(kind.into()), kind, FAILURE_RETRIED);
    }
}

#[tokio::test]
async fn a_rejection_or_a_time_limit_inside_the_error_decides() {
    let open: io::Error = rejection().into();
    assert_eq!(means(resilient_classify::io(&open)), IGNORED);
    assert!(CircuitOpen::find_in(&open).is_some());
    let not_found = io::Error::new(ErrorKind::NotFound, rejection());
    assert_eq!(means(resilient_classify::io(&not_found)), IGNORED);
    let late: io::Error = deadline().await.into();
    assert_eq!(resilient_classify::io(&late), Classification::permanent());
}
