//! Who comes: viewers, page viewers, readers, shoppers, and the publishers they come for.

pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod publisher;
pub(crate) mod reader;
pub(crate) mod shopper;
pub(crate) mod speech;
pub(crate) mod stream;
pub(crate) mod viewer;
