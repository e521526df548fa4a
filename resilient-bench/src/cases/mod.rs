//! The cases of each library.

mod bare;
mod floor;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;

use crate::table::Table;

pub fn table() -> Table {
    let mut table = Table::default();
    bare::add(&mut table);
    floor::add(&mut table);
    ours::add(&mut table);
    #[cfg(feature = "peers")]
    peers::add(&mut table);
    table
}
