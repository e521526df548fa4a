//! The price service responds over a socket, and misbehaves as its mode says.

use std::io;

use ten_minutes::{Mode, PriceService};

#[tokio::test]
async fn over_a_socket_it_responds_and_loses_connections() {
    assert!(std::env::var_os("FAST").is_none(), "run the tests without `FAST`");
    let service = PriceService::start().await.unwrap();
    assert_eq!(service.ask("teapot").await.unwrap(), Some(1999));
    assert_eq!(service.ask("cup").await.unwrap(), None);
    assert_eq!(service.requests(), 2);
    service.set(Mode::Lossy);
    for _ in 0..2 {
        let error = service.ask("teapot").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
    assert_eq!(service.ask("teapot").await.unwrap(), Some(1999));
    service.set(Mode::Down);
    assert!(service.ask("teapot").await.is_err());
}
