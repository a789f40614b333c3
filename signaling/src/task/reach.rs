//! Says at start in the log, in plain words, whether media can be reached and what to do if not.

use std::net::IpAddr;

use media::{Media, Reach};

/// One line of the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Good(String),
    Bad(String),
}

/// Runs the self-test and logs its verdict.
pub async fn report(media: Media, is_public_named: bool) {
    for line in verdict(&media.self_test().await, is_public_named) {
        match line {
            Line::Good(text) => tracing::info!("{text}"),
            Line::Bad(text) => tracing::warn!("{text}"),
        }
    }
}

/// `is_public_named`: the operator said `--public-address`.
fn verdict(reach: &Reach, is_public_named: bool) -> Vec<Line> {
    let all: Vec<_> = reach.udp.iter().map(|(address, _)| *address).collect();
    let list = |addresses: &[std::net::SocketAddr]| {
        let texts: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    let mut lines = vec![Line::Good(format!("media by UDP at {}", list(&all)))];
    lines.push(Line::Good(match reach.tcp.as_slice() {
        [] => "no media by TCP: networks that let no UDP through cannot watch; \
               --media-tcp-port opens a port for them"
            .to_owned(),
        tcp => format!("media by TCP at {}", list(tcp)),
    }));
    for (address, _) in reach.udp.iter().filter(|(_, arrived)| !arrived) {
        lines.push(Line::Bad(format!(
            "a datagram sent from here to {address} did not arrive: open that UDP port in the \
             firewall, and if it is a NAT's address, see that the NAT passes the port on (some \
             NATs fail only this test: try from outside)"
        )));
    }
    if all.iter().all(|address| address.ip().is_loopback()) {
        lines.push(Line::Bad(
            "media can be reached from this machine only: say --media-bind 0.0.0.0 or \
             --public-address"
                .to_owned(),
        ));
    } else if !is_public_named && all.iter().all(|address| is_private(address.ip())) {
        lines.push(Line::Good(
            "media can be reached inside this network; for viewers beyond a NAT say \
             --public-address with the address they see"
                .to_owned(),
        ));
    }
    if !reach.gso {
        lines.push(Line::Bad(
            "the kernel refuses segmented sends (UDP GSO, Linux 4.18): each packet costs a \
             system call, and the machine reaches a fraction of its viewers"
                .to_owned(),
        ));
    }
    let wanted = reach.buffer_wanted;
    for (name, granted) in [
        ("net.core.rmem_max", reach.receive_buffer),
        ("net.core.wmem_max", reach.send_buffer),
    ] {
        if granted < wanted {
            lines.push(Line::Bad(format!(
                "socket buffers are {} KiB instead of {} KiB, bursts may be lost: \
                 sysctl -w {name}={wanted}",
                granted / 1_024,
                wanted / 1_024
            )));
        }
    }
    lines
}

/// Not reachable from the internet: loopback, private, link-local, shared (RFC 6598), unique
/// local.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(address: &str) -> Reach {
        Reach {
            udp: vec![(address.parse().expect("an address"), true)],
            gso: true,
            receive_buffer: 100,
            send_buffer: 100,
            buffer_wanted: 100,
            ..Reach::default()
        }
    }

    /// The warnings among the lines, joined.
    fn bad(reach: &Reach) -> String {
        let texts = verdict(reach, true)
            .into_iter()
            .filter_map(|line| match line {
                Line::Bad(text) => Some(text),
                Line::Good(_) => None,
            });
        texts.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_fault_is_named_with_its_remedy() {
        let good = reach("203.0.113.7:50000");
        assert_eq!(bad(&good), "");
        assert!(bad(&reach("127.0.0.1:50000")).contains("--media-bind"));
        let mut shut = good.clone();
        shut.udp[0].1 = false;
        assert!(bad(&shut).contains("203.0.113.7:50000 did not arrive"));
        let slow = Reach {
            gso: false,
            send_buffer: 10,
            ..good.clone()
        };
        let text = bad(&slow);
        assert!(text.contains("GSO") && text.contains("net.core.wmem_max=100"));
        assert!(!text.contains("rmem"));
    }

    #[test]
    fn a_private_address_alone_is_said_to_be_one() {
        let says = |address: &str, named| {
            let lines = verdict(&reach(address), named);
            lines
                .iter()
                .any(|line| matches!(line, Line::Good(text) if text.contains("NAT")))
        };
        assert!(says("192.168.1.4:1", false) && says("[fd00::1]:1", false));
        assert!(!says("192.168.1.4:1", true) && !says("203.0.113.7:1", false));
    }
}
