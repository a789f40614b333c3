//! Personal data on its way through the program: usable by code, invisible in logs.

use std::fmt;

/// Wraps a value that must not be printed: names, addresses, tokens. `Debug` and `Display` show
/// `[redacted]`; [`Redacted::reveal`] is the one way to the value, so uses can be found.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for storing it or showing it to somebody who may see it.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_never_printed() {
        let contact = Redacted::new("ada@example.org");
        assert_eq!(format!("{contact} {contact:?}"), "[redacted] [redacted]");
        assert_eq!(*contact.reveal(), "ada@example.org");
    }
}
