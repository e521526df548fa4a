//! Lists that a server sends in pages: the pages one after the other, or their items.

mod items;
mod link_header;
mod next_page;
mod page_stream;

pub use self::items::Items;
pub use self::next_page::NextPage;
pub use self::page_stream::Pages;
