//! The transports. A transport sends one request and receives its response.

#[cfg(feature = "test-util")]
mod mock_transport;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod response_body;
#[cfg(feature = "tower")]
mod tower_transport;
mod transport_request;
mod transport_trait;

#[cfg(feature = "test-util")]
pub use self::mock_transport::MockTransport;
#[cfg(feature = "reqwest")]
pub use self::reqwest_transport::ReqwestTransport;
pub use self::response_body::ResponseBody;
#[cfg(feature = "tower")]
pub use self::tower_transport::{TowerTransport, TransportService};
pub use self::transport_request::TransportRequest;
pub use self::transport_trait::{Exchange, Transport};
