//! Runs the story over connections on this machine, and prints it.

use example_grpc::network::Network;
use example_grpc::story;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    story::run(Network::Tcp, |line| println!("{line}")).await
}
