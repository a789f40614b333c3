//! The generator's receive calls: all datagrams of one viewer in one system call, with the
//! kernel's time of arrival, and joined by UDP GRO on wish. The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::io;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use socket2::{SockAddr, SockAddrStorage};

/// Datagrams read in one call: a video frame and the sound beside it.
const BATCH: usize = 16;
/// Largest datagram without GRO.
const DATAGRAM: usize = 2_048;
/// Largest joined datagram.
const JOINED: usize = 65_536;

/// Space for a time stamp and a segment size, aligned as `cmsghdr` demands.
type Control = [u64; 12];

/// Buffers of one receive call, shared by every viewer of a thread.
pub(crate) struct Inbox {
    room: usize,
    bytes: Vec<u8>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    count: usize,
}

// SAFETY: the pointers inside lead only into the structure's own heap buffers, and are set anew
// before every system call.
unsafe impl Send for Inbox {}

/// One message: a datagram, or several joined ones.
pub(crate) struct Message<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// When the kernel had it, Unix nanoseconds; only on sockets that stamp.
    pub at_ns: Option<u64>,
    bytes: &'a [u8],
    segment: usize,
}

impl<'a> Message<'a> {
    /// The datagrams as they were sent.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes.chunks(self.segment.max(1))
    }
}

impl Inbox {
    /// For sockets with or without GRO.
    pub(crate) fn new(joined: bool) -> Inbox {
        let room = if joined { JOINED } else { DATAGRAM };
        // SAFETY: all-zero is a valid value of these C structures.
        let (name, vector, header) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Inbox {
            room,
            bytes: vec![0; room * BATCH],
            names: vec![name; BATCH],
            controls: vec![[0; 12]; BATCH],
            vectors: vec![vector; BATCH],
            headers: vec![header; BATCH],
            count: 0,
        }
    }

    /// Reads what is there, at most [`BATCH`] messages. `true`: there may be more.
    pub(crate) fn receive(&mut self, socket: &impl AsRawFd) -> bool {
        for (n, buffer) in self.bytes.chunks_mut(self.room).enumerate() {
            self.vectors[n] = libc::iovec {
                iov_base: buffer.as_mut_ptr().cast(),
                iov_len: buffer.len(),
            };
            let header = &mut self.headers[n].msg_hdr;
            header.msg_name = (&raw mut self.names[n]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut self.vectors[n];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[n].as_mut_ptr().cast();
            header.msg_controllen = size_of::<Control>();
            header.msg_flags = 0;
        }
        // SAFETY: the loop above made every header point at buffers owned by `self`, which is
        // borrowed for the call; the count is theirs.
        let read = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        self.count = usize::try_from(read).unwrap_or(0);
        self.count == BATCH
    }

    /// What was read.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        (0..self.count).filter_map(|n| self.message(n))
    }

    fn message(&self, n: usize) -> Option<Message<'_>> {
        let header = &self.headers[n];
        let len = header.msg_len as usize;
        let bytes = self.bytes.get(n * self.room..n * self.room + len)?;
        let mut storage = SockAddrStorage::zeroed();
        // SAFETY: the storage is as large as every address family, and the kernel wrote an address
        // of this length.
        let name = unsafe {
            *storage.view_as::<libc::sockaddr_storage>() = self.names[n];
            SockAddr::new(storage, header.msg_hdr.msg_namelen)
        };
        let mut message = Message {
            from: name.as_socket()?,
            at_ns: None,
            bytes,
            segment: len,
        };
        // SAFETY: the kernel filled the control buffer and its length; the CMSG macros walk it
        // within that length, and each payload is read as the type its level and kind stand for.
        unsafe {
            let mut control = libc::CMSG_FIRSTHDR(&raw const header.msg_hdr);
            while !control.is_null() {
                let data = libc::CMSG_DATA(control);
                match ((*control).cmsg_level, (*control).cmsg_type) {
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                        let time = data.cast::<libc::timespec>().read_unaligned();
                        message.at_ns = Some(nanoseconds(time.tv_sec, time.tv_nsec));
                    }
                    (libc::SOL_UDP, libc::UDP_GRO) => {
                        let segment = data.cast::<libc::c_int>().read_unaligned();
                        message.segment = usize::try_from(segment).unwrap_or(len);
                    }
                    _ => {}
                }
                control = libc::CMSG_NXTHDR(&raw const header.msg_hdr, control);
            }
        }
        Some(message)
    }
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    seconds.unsigned_abs() * 1_000_000_000 + nanoseconds.unsigned_abs()
}

/// Now, on the clock of [`Message::at_ns`].
pub(crate) fn unix_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    nanoseconds(time.tv_sec, time.tv_nsec)
}

/// Lets the kernel join a burst's datagrams (UDP GRO), which saves the receiver's CPU.
pub(crate) fn join_segments(socket: &impl AsRawFd) -> io::Result<()> {
    switch_on(socket, libc::SOL_UDP, libc::UDP_GRO)
}

/// Lets the kernel note when each datagram came.
pub(crate) fn stamp_arrivals(socket: &impl AsRawFd) -> io::Result<()> {
    switch_on(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS)
}

fn switch_on(socket: &impl AsRawFd, level: i32, option: i32) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the option's value is an int that lives through the call.
    let result = unsafe {
        let (value, len) = (
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
        libc::setsockopt(socket.as_raw_fd(), level, option, value, len)
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn datagrams_come_in_order_with_their_times() {
        let (sender, receiver) = (
            UdpSocket::bind("127.0.0.1:0").unwrap(),
            UdpSocket::bind("127.0.0.1:0").unwrap(),
        );
        stamp_arrivals(&receiver).unwrap();
        join_segments(&receiver).unwrap();
        let before = unix_ns();
        for n in 0..20_u8 {
            let to = receiver.local_addr().unwrap();
            sender.send_to(&[n; 100], to).unwrap();
        }
        let mut inbox = Inbox::new(true);
        let mut seen = Vec::new();
        loop {
            let more = inbox.receive(&receiver);
            for message in inbox.messages() {
                assert_eq!(message.from, sender.local_addr().unwrap());
                assert!(
                    message
                        .at_ns
                        .is_some_and(|at| at >= before && at <= unix_ns())
                );
                seen.extend(
                    message
                        .datagrams()
                        .map(|datagram| (datagram[0], datagram.len())),
                );
            }
            if !more {
                break;
            }
        }
        assert_eq!(seen, (0..20).map(|n| (n, 100)).collect::<Vec<_>>());
    }
}
