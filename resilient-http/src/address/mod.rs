//! The addresses of requests: the base URL, path templates, and the checks that keep requests below
//! the base URL.

mod base_url;
mod path_segment;
mod path_template;
mod target;

pub(crate) use self::base_url::{BaseUrl, UserInfo, forbidden, is_private, same_origin};
pub use self::path_template::PathTemplate;
pub(crate) use self::target::Target;
