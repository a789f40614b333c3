//! RTCP between the server and a viewer: what its feedback asks for, and our sender reports.

use bytes::Bytes;
use rtc_rtcp::packet::{Packet, marshal, unmarshal};
use rtc_rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

/// Canonical name in every SDES and SDP: one name, so that players keep audio and video in step.
pub(crate) const CNAME: &str = "vitrine";

/// One thing a viewer's RTCP asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// These packets of our stream did not arrive.
    Nack {
        /// The stream.
        ssrc: u32,
        /// Sequence numbers.
        lost: Vec<u16>,
    },
    /// Decoding cannot go on without a key frame (PLI or FIR).
    Keyframe {
        /// The stream.
        ssrc: u32,
    },
    /// When numbered packets arrived.
    Arrivals(Arrivals),
    /// The viewer's own estimate of its path (REMB), bits per second.
    Bandwidth(u64),
    /// A reception report block.
    Loss {
        /// The stream.
        ssrc: u32,
        /// Part of the packets lost since the report before, in 256ths.
        fraction: u8,
    },
}

/// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrivals {
    /// Transport-wide sequence number of the first packet told about.
    pub first: u16,
    /// The viewer's clock, in 64 ms, 24 bits.
    pub reference: u32,
    /// Microseconds after the reference at which each packet arrived; `None`: not yet.
    pub packets: Vec<Option<i32>>,
}

/// Packets told about in one transport-wide feedback; more than are remembered.
const ARRIVALS_MAX: usize = 2_048;

impl Arrivals {
    /// What comes after a status that is not defined is left out.
    fn read(report: &TransportLayerCc) -> Arrivals {
        let count = usize::from(report.packet_status_count).min(ARRIVALS_MAX);
        let symbols = report.packet_chunks.iter().flat_map(|chunk| {
            let (symbol, times, list) = match chunk {
                PacketStatusChunk::RunLengthChunk(run) => {
                    (run.packet_status_symbol, run.run_length, &[][..])
                }
                PacketStatusChunk::StatusVectorChunk(vector) => {
                    (SymbolTypeTcc::default(), 0, &vector.symbol_list[..])
                }
            };
            std::iter::repeat_n(symbol, usize::from(times)).chain(list.iter().copied())
        });
        let (mut at, mut deltas) = (0i32, report.recv_deltas.iter());
        let packets = symbols.take(count).map_while(|symbol| match symbol {
            SymbolTypeTcc::PacketNotReceived => Some(None),
            SymbolTypeTcc::PacketReceivedWithoutDelta => None,
            _ => {
                at = at.saturating_add(i32::try_from(deltas.next()?.delta).ok()?);
                Some(Some(at))
            }
        });
        Arrivals {
            first: report.base_sequence_number,
            reference: report.reference_time,
            packets: packets.collect(),
        }
    }
}

/// Lost packets taken from one datagram; more cannot be repaired in time.
const LOST_MAX: usize = 256;

/// Reads a decrypted compound packet. What is malformed or of no use here is left out.
pub(crate) fn feedback(compound: &[u8]) -> Vec<Feedback> {
    let mut rest = compound;
    let mut found = Vec::new();
    let Ok(packets) = unmarshal(&mut rest) else {
        return found;
    };
    for packet in packets {
        let packet = packet.as_any();
        if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
            let lost = nack
                .nacks
                .iter()
                .flat_map(|pair| *pair)
                .take(LOST_MAX)
                .collect();
            found.push(Feedback::Nack {
                ssrc: nack.media_ssrc,
                lost,
            });
        } else if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
            found.push(Feedback::Keyframe {
                ssrc: pli.media_ssrc,
            });
        } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
            found.extend(
                fir.fir
                    .iter()
                    .map(|entry| Feedback::Keyframe { ssrc: entry.ssrc }),
            );
        } else if let Some(report) = packet.downcast_ref::<TransportLayerCc>() {
            found.push(Feedback::Arrivals(Arrivals::read(report)));
        } else if let Some(remb) = packet.downcast_ref::<ReceiverEstimatedMaximumBitrate>() {
            found.push(Feedback::Bandwidth(remb.bitrate as u64));
        } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
            found.extend(report.reports.iter().map(loss));
        } else if let Some(report) = packet.downcast_ref::<SenderReport>() {
            found.extend(report.reports.iter().map(loss));
        }
    }
    found
}

fn loss(block: &ReceptionReport) -> Feedback {
    Feedback::Loss {
        ssrc: block.ssrc,
        fraction: block.fraction_lost,
    }
}

/// What one stream's sender report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// The stream.
    pub ssrc: u32,
    /// Wall clock, microseconds since the Unix epoch.
    pub unix_us: u64,
    /// The stream's timestamp at that moment.
    pub rtp_ts: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// One compound packet with a sender report and the canonical name of every stream.
pub(crate) fn sender_reports(reports: &[Report]) -> Option<Vec<u8>> {
    let mut packets: Vec<Box<dyn Packet>> = Vec::with_capacity(reports.len() + 1);
    for report in reports {
        packets.push(Box::new(SenderReport {
            ssrc: report.ssrc,
            ntp_time: ntp(report.unix_us),
            rtp_time: report.rtp_ts,
            packet_count: report.packets,
            octet_count: report.octets,
            ..SenderReport::default()
        }));
    }
    let chunks = reports.iter().map(|report| SourceDescriptionChunk {
        source: report.ssrc,
        items: vec![SourceDescriptionItem {
            sdes_type: SdesType::SdesCname,
            text: Bytes::from_static(CNAME.as_bytes()),
        }],
    });
    packets.push(Box::new(SourceDescription {
        chunks: chunks.collect(),
    }));
    marshal(&packets).ok().map(|compound| compound.to_vec())
}

/// Unix microseconds as a 64-bit NTP timestamp (RFC 3550 §4).
fn ntp(unix_us: u64) -> u64 {
    const NTP_UNIX_SECONDS: u64 = 2_208_988_800;
    let seconds = unix_us / 1_000_000 + NTP_UNIX_SECONDS;
    let fraction = ((unix_us % 1_000_000) << 32) / 1_000_000;
    (seconds << 32) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_of_known_moments() {
        assert_eq!(ntp(0), 2_208_988_800 << 32);
        assert_eq!(ntp(500_000) & 0xffff_ffff, 1 << 31);
    }

    #[test]
    fn nack_and_pli_are_found_in_a_compound() {
        let packets: Vec<Box<dyn Packet>> = vec![
            Box::new(TransportLayerNack {
                sender_ssrc: 1,
                media_ssrc: 7,
                nacks: vec![
                    rtc_rtcp::transport_feedbacks::transport_layer_nack::NackPair {
                        packet_id: 65_535,
                        lost_packets: 0b101,
                    },
                ],
            }),
            Box::new(PictureLossIndication {
                sender_ssrc: 1,
                media_ssrc: 8,
            }),
        ];
        let compound = marshal(&packets).unwrap();
        assert_eq!(
            feedback(&compound),
            vec![
                Feedback::Nack {
                    ssrc: 7,
                    lost: vec![65_535, 0, 2]
                },
                Feedback::Keyframe { ssrc: 8 }
            ]
        );
    }

    #[test]
    fn sender_reports_parse_back() {
        let report = Report {
            ssrc: 9,
            unix_us: 1_000_000,
            rtp_ts: 3,
            packets: 4,
            octets: 5,
        };
        let compound = sender_reports(&[report]).unwrap();
        let packets = unmarshal(&mut compound.as_slice()).unwrap();
        let sr = packets[0].as_any().downcast_ref::<SenderReport>().unwrap();
        assert_eq!((sr.ssrc, sr.ntp_time, sr.rtp_time), (9, ntp(1_000_000), 3));
    }

    #[test]
    fn arrivals_losses_and_an_estimate_are_read() {
        use SymbolTypeTcc::{
            PacketNotReceived, PacketReceivedLargeDelta, PacketReceivedSmallDelta,
        };
        use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
            RecvDelta, RunLengthChunk, StatusChunkTypeTcc, StatusVectorChunk, SymbolSizeTypeTcc,
        };
        let delta = |type_tcc_packet, delta| RecvDelta {
            type_tcc_packet,
            delta,
        };
        let mut symbol_list = vec![PacketReceivedLargeDelta, PacketNotReceived];
        symbol_list.resize(7, PacketReceivedSmallDelta);
        let transport = TransportLayerCc {
            base_sequence_number: 65_534,
            packet_status_count: 5,
            reference_time: 3,
            packet_chunks: vec![
                PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                    type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                    packet_status_symbol: PacketReceivedSmallDelta,
                    run_length: 2,
                }),
                PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                    type_tcc: StatusChunkTypeTcc::StatusVectorChunk,
                    symbol_size: SymbolSizeTypeTcc::TwoBit,
                    symbol_list,
                }),
            ],
            recv_deltas: vec![
                delta(PacketReceivedSmallDelta, 500),
                delta(PacketReceivedSmallDelta, 250),
                delta(PacketReceivedLargeDelta, -1_000),
                delta(PacketReceivedSmallDelta, 4_000),
                delta(PacketReceivedSmallDelta, 0),
                delta(PacketReceivedSmallDelta, 0),
                delta(PacketReceivedSmallDelta, 0),
                delta(PacketReceivedSmallDelta, 0),
            ],
            ..TransportLayerCc::default()
        };
        let packets: Vec<Box<dyn Packet>> = vec![
            Box::new(ReceiverReport {
                reports: vec![ReceptionReport {
                    ssrc: 7,
                    fraction_lost: 26,
                    ..ReceptionReport::default()
                }],
                ..ReceiverReport::default()
            }),
            Box::new(transport),
            Box::new(ReceiverEstimatedMaximumBitrate {
                bitrate: 524_288.0,
                ..ReceiverEstimatedMaximumBitrate::default()
            }),
        ];
        assert_eq!(
            feedback(&marshal(&packets).unwrap()),
            vec![
                Feedback::Loss {
                    ssrc: 7,
                    fraction: 26
                },
                Feedback::Arrivals(Arrivals {
                    first: 65_534,
                    reference: 3,
                    packets: vec![Some(500), Some(750), Some(-250), None, Some(3_750)]
                }),
                Feedback::Bandwidth(524_288)
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn junk_never_panics(junk: Vec<u8>) {
            feedback(&junk);
        }

        /// Headers that claim to be RTCP with honest types and wild lengths.
        #[test]
        fn near_rtcp_never_panics(
            kind in 200u8..=207,
            count in 0x80u8..=0x9f,
            words: u16,
            body: Vec<u8>,
        ) {
            let mut datagram = vec![count, kind];
            datagram.extend_from_slice(&words.to_be_bytes());
            datagram.extend_from_slice(&body);
            feedback(&datagram);
            let honest = (body.len() / 4) as u16;
            datagram[2..4].copy_from_slice(&honest.to_be_bytes());
            feedback(&datagram);
        }
    }
}
