//! Bodies of the type `multipart/form-data`, which carry files.

mod form;
mod form_body;
mod form_part;

pub use self::form::MultipartForm;
pub use self::form_part::FormPart;
