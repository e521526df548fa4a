//! What is done with the table.

pub mod count;
pub mod futures;
pub mod goals;
pub mod guard;
pub mod threads;
pub mod time;
pub mod weights;
