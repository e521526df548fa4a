//! The guides and the README agree with the library and its examples.

#[cfg(all(feature = "metrics", feature = "toml"))]
mod guide;
mod schedule;

// These modules are the source of the example. The files refer to each other by paths from the root
// of their crate.
#[path = "../../examples/schedule/args.rs"]
mod args;
#[path = "../../examples/schedule/draws.rs"]
mod draws;
#[path = "../../examples/schedule/view.rs"]
mod view;
