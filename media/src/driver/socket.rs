//! The UDP socket: many datagrams per system call in (recvmmsg), one frame per call out (UDP GSO
//! through sendmmsg). Linux only, and the only unsafe code of this crate.
#![allow(unsafe_code)]

use std::io;
use std::mem::zeroed;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket as Socket2, Type};

use crate::batch::{Batch, Path, Run};
use crate::limits::{
    DATAGRAM_MAX, GSO_SEGMENTS_MAX, RECV_BATCH, SEND_RUNS_MAX, SOCKET_BUFFER_BYTES,
};

/// Space for one control message of either family's packet info and one GSO size, aligned as
/// `cmsghdr` demands.
type Control = [u64; 12];

/// A bound, non-blocking socket.
pub(crate) struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
    /// Cleared for good when the kernel or the device refuses a segmented send.
    gso: bool,
}

/// What a send could not deliver.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Datagrams.
    pub datagrams: u64,
}

impl Socket {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Socket> {
        let socket = Socket2::new(
            Domain::for_address(address),
            Type::DGRAM,
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        socket.set_nonblocking(true)?;
        // The system grants less than asked when its limit is lower; that is no error.
        socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
        socket.set_send_buffer_size(SOCKET_BUFFER_BYTES)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from(socket);
        ask_for_packet_info(&socket, address.is_ipv6())?;
        let local = socket.local_addr()?;
        Ok(Socket {
            socket,
            local,
            gso: true,
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Receive and send buffer as granted, bytes. Linux counts twice what it was asked for.
    pub(crate) fn buffers(&self) -> (usize, usize) {
        let socket = socket2::SockRef::from(&self.socket);
        let receive = socket.recv_buffer_size().unwrap_or(0);
        let send = socket.send_buffer_size().unwrap_or(0);
        (receive / 2, send / 2)
    }

    /// Whether the kernel takes segmented sends: tried with two datagrams to nobody.
    pub(crate) fn segmentation_works() -> bool {
        let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (Ok(mut sender), Ok(receiver)) = (Socket::bind(nobody), Socket::bind(nobody)) else {
            return false;
        };
        let mut batch = Batch::new();
        let path = Path::udp(receiver.local, receiver.local.ip());
        for _ in 0..2 {
            batch.commit(path, 100);
        }
        let dropped = sender.send(&batch, &mut Outbox::new());
        sender.gso && dropped.datagrams == 0
    }

    /// Waits until a datagram is there, `wake` is readable, or the time is over. `true`: `wake`
    /// is readable.
    pub(crate) fn wait(&self, wake: RawFd, timeout: Option<Duration>) -> bool {
        let events = libc::POLLIN;
        let socket = self.socket.as_raw_fd();
        let mut fds = [socket, wake].map(|fd| libc::pollfd {
            fd,
            events,
            revents: 0,
        });
        let limit = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos().into(),
        });
        let limit = limit
            .as_ref()
            .map_or(std::ptr::null(), |limit| limit as *const _);
        // SAFETY: `fds` and `limit` outlive the call; the count is that of the array. An error
        // (a signal) is a wake-up like any other, and leaves `revents` as they were, empty.
        unsafe {
            libc::ppoll(
                fds.as_mut_ptr(),
                fds.len() as libc::nfds_t,
                limit,
                std::ptr::null(),
            )
        };
        fds[1].revents != 0
    }

    /// Reads up to [`RECV_BATCH`] datagrams; 0 when none is there.
    pub(crate) fn receive(&self, inbox: &mut Inbox) -> usize {
        inbox.aim();
        let fd = self.socket.as_raw_fd();
        // SAFETY: `aim` made every header point at buffers owned by `inbox`, which is borrowed
        // for the call and whose vectors are never resized; the count is theirs.
        let read = unsafe {
            let headers = inbox.headers.as_mut_ptr();
            libc::recvmmsg(
                fd,
                headers,
                RECV_BATCH as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        inbox.count = usize::try_from(read).unwrap_or(0);
        inbox.count
    }

    /// Sends a batch. What the socket cannot take is dropped and counted: waiting for one peer's
    /// packets would delay everybody's, and lost packets are asked for again.
    pub(crate) fn send(&mut self, batch: &Batch, outbox: &mut Outbox) -> Dropped {
        let mut dropped = Dropped::default();
        let mut runs = batch.runs();
        while !runs.is_empty() {
            let taken = outbox.fill(batch, runs, self.gso, &self.local);
            let done = match self.send_filled(outbox, &mut dropped) {
                Ok(()) => taken,
                Err(Refused { runs_done }) => runs_done,
            };
            runs = &runs[done..];
        }
        dropped
    }

    fn send_filled(&mut self, outbox: &mut Outbox, dropped: &mut Dropped) -> Result<(), Refused> {
        let mut next = 0;
        while next < outbox.used {
            let left = (outbox.used - next) as u32;
            // SAFETY: headers `next..used` were filled to point into the batch, which the caller
            // still borrows, and into `outbox`, borrowed here.
            let sent = unsafe {
                let headers = outbox.headers.as_mut_ptr().add(next);
                libc::sendmmsg(self.socket.as_raw_fd(), headers, left, libc::MSG_DONTWAIT)
            };
            if sent > 0 {
                next += sent as usize;
                continue;
            }
            let error = io::Error::last_os_error();
            if error.kind() == io::ErrorKind::Interrupted {
                continue;
            }
            let refused = matches!(
                error.raw_os_error(),
                Some(libc::EIO | libc::EINVAL | libc::EOPNOTSUPP)
            );
            if self.gso && refused && outbox.counts[next] > 1 {
                tracing::warn!(%error, "UDP segmentation refused; datagrams leave one by one");
                self.gso = false;
                return Err(Refused { runs_done: next });
            }
            dropped.datagrams += outbox.counts[next] as u64;
            next += 1;
        }
        Ok(())
    }
}

/// Segmentation was refused and is off from now on; so many runs (each was one header) have left.
struct Refused {
    runs_done: usize,
}

/// Buffers of one receive call.
pub(crate) struct Inbox {
    buffers: Vec<[u8; DATAGRAM_MAX]>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    count: usize,
}

// SAFETY: the pointers inside lead only into the structure's own heap buffers, and are set anew
// before every system call.
unsafe impl Send for Inbox {}

impl Inbox {
    pub(crate) fn new() -> Inbox {
        // SAFETY: all-zero is a valid value of these C structures.
        let (name, vector, header) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Inbox {
            buffers: vec![[0; DATAGRAM_MAX]; RECV_BATCH],
            names: vec![name; RECV_BATCH],
            controls: vec![[0; 12]; RECV_BATCH],
            vectors: vec![vector; RECV_BATCH],
            headers: vec![header; RECV_BATCH],
            count: 0,
        }
    }

    fn aim(&mut self) {
        for n in 0..RECV_BATCH {
            self.vectors[n] = libc::iovec {
                iov_base: self.buffers[n].as_mut_ptr().cast(),
                iov_len: DATAGRAM_MAX,
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
    }

    /// Source, the address it was sent to, and the bytes of the n-th datagram. `None`: cut off,
    /// or of no known family.
    pub(crate) fn datagram(&self, n: usize, port: u16) -> Option<(SocketAddr, SocketAddr, &[u8])> {
        let header = self.headers[..self.count].get(n)?;
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            return None;
        }
        let source = read_name(&self.names[n])?;
        let local = read_packet_info(&header.msg_hdr)?;
        let bytes = self.buffers[n].get(..header.msg_len as usize)?;
        Some((source, SocketAddr::new(local, port), bytes))
    }
}

/// Headers of one send call.
pub(crate) struct Outbox {
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    /// Datagrams of each header.
    counts: Vec<usize>,
    used: usize,
}

// SAFETY: the pointers inside are set anew by `fill` before every system call, and not followed
// otherwise.
unsafe impl Send for Outbox {}

/// Without segmentation every datagram needs a header of its own.
const HEADERS_MAX: usize = SEND_RUNS_MAX + GSO_SEGMENTS_MAX;

impl Outbox {
    pub(crate) fn new() -> Outbox {
        // SAFETY: all-zero is a valid value of these C structures.
        let (name, vector, header) = unsafe { (zeroed(), zeroed(), zeroed()) };
        Outbox {
            names: vec![name; HEADERS_MAX],
            controls: vec![[0; 12]; HEADERS_MAX],
            vectors: vec![vector; HEADERS_MAX],
            headers: vec![header; HEADERS_MAX],
            counts: vec![0; HEADERS_MAX],
            used: 0,
        }
    }

    /// Describes as many of `runs` as fit; returns how many.
    fn fill(&mut self, batch: &Batch, runs: &[Run], gso: bool, bound: &SocketAddr) -> usize {
        self.used = 0;
        let mut taken = 0;
        for run in runs {
            let parts = if gso { 1 } else { run.count };
            if self.used + parts > HEADERS_MAX {
                break;
            }
            taken += 1;
            let bytes = batch.bytes(run);
            if gso {
                self.describe(bytes, run.path, run.count, run.segment, bound);
            } else {
                for datagram in bytes.chunks(run.segment) {
                    self.describe(datagram, run.path, 1, 0, bound);
                }
            }
        }
        taken
    }

    fn describe(
        &mut self,
        bytes: &[u8],
        path: Path,
        count: usize,
        segment: usize,
        bound: &SocketAddr,
    ) {
        let (n, v6) = (self.used, bound.is_ipv6());
        self.used += 1;
        self.counts[n] = count;
        let name_len = write_name(&mut self.names[n], path.remote, v6);
        self.vectors[n] = libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        };
        let header = &mut self.headers[n].msg_hdr;
        header.msg_name = (&raw mut self.names[n]).cast();
        header.msg_namelen = name_len;
        header.msg_iov = &raw mut self.vectors[n];
        header.msg_iovlen = 1;
        header.msg_control = self.controls[n].as_mut_ptr().cast();
        header.msg_controllen = size_of::<Control>();
        let mut len = 0;
        if count > 1 {
            len = put_control(
                &mut self.controls[n],
                len,
                libc::SOL_UDP,
                libc::UDP_SEGMENT,
                segment as u16,
            );
        }
        // A socket bound to one address sends from no other.
        if !path.local.is_unspecified() && bound.ip().is_unspecified() {
            len = put_packet_info(&mut self.controls[n], len, path.local, v6);
        }
        header.msg_controllen = len;
        if len == 0 {
            header.msg_control = std::ptr::null_mut();
        }
    }
}

/// Appends one control message at byte `at`; returns where the next one goes.
fn put_control<T>(control: &mut Control, at: usize, level: i32, kind: i32, value: T) -> usize {
    // SAFETY: CMSG_SPACE and CMSG_LEN only compute.
    let (space, len) = unsafe {
        let size = size_of::<T>() as u32;
        (
            libc::CMSG_SPACE(size) as usize,
            libc::CMSG_LEN(size) as usize,
        )
    };
    assert!(
        at + space <= size_of::<Control>(),
        "Control holds both messages"
    );
    // SAFETY: `at` is a sum of CMSG_SPACEs, so the header is aligned; header and value lie inside
    // the array (asserted). CMSG_DATA is aligned for the header only, hence the unaligned write.
    unsafe {
        let header: *mut libc::cmsghdr = control.as_mut_ptr().cast::<u8>().add(at).cast();
        (*header).cmsg_level = level;
        (*header).cmsg_type = kind;
        (*header).cmsg_len = len;
        libc::CMSG_DATA(header).cast::<T>().write_unaligned(value);
    }
    at + space
}

fn put_packet_info(control: &mut Control, at: usize, local: IpAddr, v6: bool) -> usize {
    match (local, v6) {
        (IpAddr::V4(address), false) => {
            let address = libc::in_addr {
                s_addr: u32::from_ne_bytes(address.octets()),
            };
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: address,
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            put_control(control, at, libc::IPPROTO_IP, libc::IP_PKTINFO, info)
        }
        (address, true) => {
            let s6_addr = mapped(address).octets();
            let ipi6_addr = libc::in6_addr { s6_addr };
            let info = libc::in6_pktinfo {
                ipi6_addr,
                ipi6_ifindex: 0,
            };
            put_control(control, at, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info)
        }
        (IpAddr::V6(_), false) => at,
    }
}

/// The address a datagram was sent to.
fn read_packet_info(header: &libc::msghdr) -> Option<IpAddr> {
    // SAFETY: the kernel filled the control buffer and its length; the CMSG macros walk it within
    // that length, and each payload is read as the type its level and kind stand for.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            let data = libc::CMSG_DATA(message);
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                    return Some(IpAddr::V4(Ipv4Addr::from(
                        info.ipi_addr.s_addr.to_ne_bytes(),
                    )));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                    return Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).to_canonical());
                }
                _ => message = libc::CMSG_NXTHDR(header, message),
            }
        }
    }
    None
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

fn write_name(
    storage: &mut libc::sockaddr_storage,
    address: SocketAddr,
    v6: bool,
) -> libc::socklen_t {
    let port = address.port().to_be();
    match (address.ip(), v6) {
        (IpAddr::V4(ip), false) => {
            let name: *mut libc::sockaddr_in = (&raw mut *storage).cast();
            // SAFETY: sockaddr_storage is larger than, and aligned for, every sockaddr.
            unsafe {
                (*name).sin_family = libc::AF_INET as libc::sa_family_t;
                (*name).sin_port = port;
                (*name).sin_addr.s_addr = u32::from_ne_bytes(ip.octets());
            }
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        (ip, _) => {
            let scope = if let SocketAddr::V6(address) = address {
                address.scope_id()
            } else {
                0
            };
            let name: *mut libc::sockaddr_in6 = (&raw mut *storage).cast();
            // SAFETY: as above.
            unsafe {
                (*name).sin6_family = libc::AF_INET6 as libc::sa_family_t;
                (*name).sin6_port = port;
                (*name).sin6_flowinfo = 0;
                (*name).sin6_addr.s6_addr = mapped(ip).octets();
                (*name).sin6_scope_id = scope;
            }
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

fn read_name(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says which structure the kernel wrote.
            let name = unsafe { *(&raw const *storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let name = unsafe { *(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            match ip.to_canonical() {
                IpAddr::V4(ip) => Some(SocketAddrV4::new(ip, port).into()),
                IpAddr::V6(ip) => Some(SocketAddrV6::new(ip, port, 0, name.sin6_scope_id).into()),
            }
        }
        _ => None,
    }
}

fn ask_for_packet_info(socket: &UdpSocket, v6: bool) -> io::Result<()> {
    let (level, option) = match v6 {
        true => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
        false => (libc::IPPROTO_IP, libc::IP_PKTINFO),
    };
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

/// The host's own addresses that a peer could reach: of interfaces that are up, without
/// link-local ones; loopback last.
pub(crate) fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: on success `list` is a linked list owned by us until freeifaddrs below.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = list;
    while !next.is_null() {
        // SAFETY: `next` is a node of the list; its address, when present, is a sockaddr of the
        // length its family says, copied by that length.
        unsafe {
            let node = &*next;
            next = node.ifa_next;
            if node.ifa_addr.is_null() || node.ifa_flags & libc::IFF_UP as u32 == 0 {
                continue;
            }
            let len = match i32::from((*node.ifa_addr).sa_family) {
                libc::AF_INET => size_of::<libc::sockaddr_in>(),
                libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
                _ => continue,
            };
            let mut storage: libc::sockaddr_storage = zeroed();
            let from: *const u8 = node.ifa_addr.cast();
            std::ptr::copy_nonoverlapping(from, (&raw mut storage).cast(), len);
            found.extend(read_name(&storage).map(|address| address.ip()));
        }
    }
    // SAFETY: the list came from getifaddrs and is not used any more.
    unsafe { libc::freeifaddrs(list) };
    found.retain(|ip| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    found.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests;
