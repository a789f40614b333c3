//! The socket against itself over loopback.
