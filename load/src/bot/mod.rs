//! Who visits the server: a publisher (the harness has it), viewers and shoppers.

pub(crate) mod shopper;
pub(crate) mod viewer;
