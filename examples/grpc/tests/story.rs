//! The story in memory, on a paused clock.

use example_grpc::network::Network;
use example_grpc::story;

/// Returns the block after the comment `<!-- output -->`.
fn output_in_readme() -> &'static str {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("<!-- output -->\n```text\n").expect("there is a block");
    rest.split_once("```").expect("the block ends").0
}

#[tokio::test(start_paused = true)]
async fn the_readme_shows_what_the_program_prints() {
    let mut printed = String::new();
    story::run(Network::Memory, |line| {
        printed.push_str(line);
        printed.push('\n');
    })
    .await
    .unwrap();
    assert_eq!(printed, output_in_readme());
}
