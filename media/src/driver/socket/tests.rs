//! The socket against itself over loopback.

use super::*;
use crate::batch::Batch;

fn exchange(bind: &str, remote: &str, gso: bool) {
    let mut sender = Socket::bind(bind.parse().unwrap()).unwrap();
    let receiver = Socket::bind(bind.parse().unwrap()).unwrap();
    sender.gso = gso;
    let to = SocketAddr::new(remote.parse().unwrap(), receiver.local_addr().port());
    let local = remote.parse().unwrap();
    let (mut batch, mut outbox, mut inbox) = (Batch::new(), Outbox::new(), Inbox::new());
    let lengths = [1_000, 1_000, 1_000, 400, 1_200];
    for (n, len) in lengths.iter().enumerate() {
        batch.space()[..*len].fill(n as u8);
        batch.commit(Path::udp(to, local), *len);
    }
    assert_eq!(batch.runs().len(), 2);
    assert_eq!(sender.send(&batch, &mut outbox), Dropped::default());
    assert_eq!(sender.gso, gso, "segmentation is not refused on loopback");
    let mut found = Vec::new();
    while found.len() < lengths.len() {
        receiver.wait(-1, Some(Duration::from_secs(5)));
        let read = receiver.receive(&mut inbox);
        assert!(read > 0, "nothing came");
        for n in 0..read {
            let port = receiver.local_addr().port();
            let (source, destination, bytes) = inbox.datagram(n, port).unwrap();
            assert_eq!(source, SocketAddr::new(local, sender.local_addr().port()));
            assert_eq!(destination, to);
            assert!(bytes.iter().all(|byte| usize::from(*byte) == found.len()));
            found.push(bytes.len());
        }
    }
    assert_eq!(found, lengths);
}

#[test]
fn a_frame_arrives_in_parts_with_or_without_segmentation() {
    for gso in [true, false] {
        exchange("127.0.0.1:0", "127.0.0.1", gso);
        exchange("0.0.0.0:0", "127.0.0.1", gso);
    }
}

/// Answers leave from the address that was asked, also when others would be the default.
#[test]
fn the_local_address_is_kept_on_a_socket_bound_to_all() {
    exchange("0.0.0.0:0", "127.0.0.9", true);
}

#[test]
fn the_host_has_addresses_with_loopback_last() {
    let addresses = interface_addresses().unwrap();
    assert!(addresses.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
    let first_loopback = addresses.iter().position(IpAddr::is_loopback).unwrap();
    assert!(addresses[first_loopback..].iter().all(IpAddr::is_loopback));
}
