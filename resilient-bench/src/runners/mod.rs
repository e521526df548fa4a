//! The runners. Each runner measures the cases of the table in another way.

pub mod count;
pub mod futures;
pub mod goals;
pub mod guard;
pub mod threads;
pub mod time;
pub mod weights;
