//! Who comes: viewers, page viewers, shoppers, and the publisher they come for.

pub(crate) mod page;
pub(crate) mod picture;
pub(crate) mod publisher;
pub(crate) mod shopper;
pub(crate) mod stream;
pub(crate) mod viewer;
