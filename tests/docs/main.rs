//! The guides and the README agree with the library and its examples.

mod excerpts;
#[cfg(all(feature = "metrics", feature = "toml"))]
mod guide;
mod links;
mod pages;
mod picture;
mod schedule;
mod time_limits;

// These files belong to the example `schedule`. They refer to each other by paths from the root of
// the crate, so they are modules of the root here.
#[path = "../../examples/schedule/args.rs"]
mod args;
#[path = "../../examples/schedule/draws.rs"]
mod draws;
#[path = "../../examples/schedule/view.rs"]
mod view;
