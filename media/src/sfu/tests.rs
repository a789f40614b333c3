//! The machine without sockets: who gets what, and when publishers are asked.
