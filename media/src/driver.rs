//! The shell: threads, sockets and queues around the machine. The only place that waits.

pub(crate) mod mailbox;
pub(crate) mod socket;
pub(crate) mod tcp;
pub(crate) mod worker;
