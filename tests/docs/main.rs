//! The guides and the README agree with the library and its examples.

#[cfg(all(feature = "metrics", feature = "toml"))]
mod guide;
mod schedule;

// The source of the example. Its files name each other by paths from their crate's root.
#[path = "../../examples/schedule/args.rs"]
mod args;
#[path = "../../examples/schedule/draws.rs"]
mod draws;
#[path = "../../examples/schedule/view.rs"]
mod view;
