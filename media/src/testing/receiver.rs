//! A viewer's media stack as far as the server can tell it from a browser's: it reports arrivals,
//! asks for what is missing, asks for key frames, and decodes only what it has every reference of.
//! It also checks what it is sent: see [`Receiver::media`].

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use rtc_rtcp::packet::{Packet as Rtcp, marshal};
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, StatusChunkTypeTcc, SymbolTypeTcc,
    TransportLayerCc,
};
use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::script::{Content, Shot};

const REPORT_EVERY: Duration = Duration::from_millis(50);
const LOSS_EVERY: Duration = Duration::from_secs(1);
const NACK_EVERY: Duration = Duration::from_millis(60);
const NACKS_MAX: u32 = 10;
/// Stuck for this long, a browser asks for a key frame.
const STUCK: Duration = Duration::from_millis(1_000);
/// A picture that stays this long is a freeze (W3C webrtc-stats `freezeCount` at 30 frames/s).
const FREEZE: Duration = Duration::from_millis(183);

struct Missing {
    since: Instant,
    asked: Option<Instant>,
    times: u32,
}

struct Received {
    ts: u32,
    picture: u16,
    marker: bool,
    content: Content,
}

/// What the viewer saw.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Pictures shown.
    pub frames: u32,
    /// By layer.
    pub layers: [u32; 3],
    /// Time the picture stood still.
    pub frozen: Duration,
    /// The longest of it.
    pub longest: Duration,
    /// When each picture was shown, and its layer.
    pub shown: Vec<(Instant, u8)>,
    pub nacks: u32,
    pub plis: u32,
    pub rtx: u32,
}

/// The stack.
pub(crate) struct Receiver {
    ssrc: u32,
    origin: Instant,
    /// Highest sequence number, unwrapped.
    highest: Option<u64>,
    /// Next to decode.
    next: Option<u64>,
    buffer: BTreeMap<u64, Received>,
    missing: BTreeMap<u64, Missing>,
    last: Option<(Shot, u32, u16)>,
    last_shown: Option<Instant>,
    asked: Option<Instant>,
    /// Transport-wide numbers to report, and the next one expected.
    arrivals: Vec<(u64, Instant)>,
    number: Option<u64>,
    report_next: Option<u64>,
    reported: Instant,
    lossed: Instant,
    expected: u64,
    got: u64,
    feedbacks: u8,
    /// Every sequence number's content, and whether it came as media itself.
    known: HashMap<u64, (Content, bool)>,
    pub seen: Seen,
}

impl Receiver {
    pub(crate) fn new(origin: Instant, answer: &str) -> Receiver {
        let group = answer.split("a=ssrc-group:FID ").nth(1).expect("RTX");
        let ssrc = group.split_whitespace().next().unwrap().parse().unwrap();
        Receiver {
            ssrc,
            origin,
            highest: None,
            next: None,
            buffer: BTreeMap::new(),
            missing: BTreeMap::new(),
            last: None,
            last_shown: None,
            asked: None,
            arrivals: Vec::new(),
            number: None,
            report_next: None,
            reported: origin,
            lossed: origin,
            expected: 0,
            got: 0,
            feedbacks: 0,
            known: HashMap::new(),
            seen: Seen::default(),
        }
    }

    /// One packet in the clear. Checked: one sequence number stands for one content for ever,
    /// and media numbers come once, however often the publisher sent them.
    pub(crate) fn media(&mut self, now: Instant, rtp: &[u8]) {
        let word = |at: usize| u32::from_be_bytes(rtp[at..at + 4].try_into().unwrap());
        let short = |at: usize| u16::from_be_bytes([rtp[at], rtp[at + 1]]);
        assert_eq!(rtp[0] & 0xd0, 0x90, "version 2 and an extension");
        let mut header = 20;
        assert_eq!(rtp[12..17], [0xbe, 0xde, 0, 1, 0x31]);
        self.numbered(now, short(17));
        let is_rtx = rtp[1] & 0x7f == 97;
        let seq = match is_rtx {
            false => short(2),
            true => {
                header += 2;
                self.seen.rtx += 1;
                short(20)
            }
        };
        let padding = if rtp[0] & 0x20 == 0 {
            0
        } else {
            usize::from(*rtp.last().unwrap())
        };
        let payload = &rtp[header..rtp.len() - padding];
        let (picture, content) = Content::read(payload);
        let seq = self.unwrap(seq);
        let known = self.known.entry(seq).or_insert((content, false));
        assert_eq!(known.0, content, "one number, two contents");
        assert!(is_rtx || !known.1, "media number {seq} came twice");
        known.1 |= !is_rtx;
        if !is_rtx {
            assert_eq!(word(8), self.ssrc);
            self.got += 1;
        }
        self.missing.remove(&seq);
        let next = *self.next.get_or_insert(seq);
        if seq < next {
            return;
        }
        self.buffer.insert(
            seq,
            Received {
                ts: word(4),
                picture,
                marker: rtp[1] & 0x80 != 0,
                content,
            },
        );
        let highest = self.highest.unwrap_or(seq);
        for gap in highest + 1..seq {
            self.missing.insert(
                gap,
                Missing {
                    since: now,
                    asked: None,
                    times: 0,
                },
            );
        }
        self.expected += seq.saturating_sub(highest);
        self.highest = Some(highest.max(seq));
        self.decode(now);
    }

    fn unwrap(&self, seq: u16) -> u64 {
        let Some(highest) = self.highest else {
            return u64::from(seq) + (1 << 16);
        };
        let ahead = seq.wrapping_sub(highest as u16) as i16;
        highest.wrapping_add_signed(i64::from(ahead))
    }

    fn numbered(&mut self, now: Instant, number: u16) {
        let full = match self.number {
            None => u64::from(number) + (1 << 16),
            Some(last) => {
                last.wrapping_add_signed(i64::from(number.wrapping_sub(last as u16) as i16))
            }
        };
        self.number = Some(self.number.map_or(full, |last| last.max(full)));
        self.arrivals.push((full, now));
    }

    /// Shows every frame that is complete and whose references were shown. Checked: frames that
    /// follow each other by number really do, in picture id and time, too.
    fn decode(&mut self, now: Instant) {
        while let Some(next) = self.next {
            if self.show_at(now, next) {
                continue;
            }
            // A whole key frame further on ends the wait for what is missing.
            let keys = self.buffer.range(next + 1..);
            let mut starts = keys.filter(|(_, packet)| packet.content.starts_key());
            let Some(key) = starts.find_map(|(seq, _)| self.frame_end(*seq).map(|_| *seq)) else {
                return;
            };
            self.next = Some(key);
            self.last = None;
            self.missing = self.missing.split_off(&key);
            self.buffer = self.buffer.split_off(&key);
        }
    }

    /// Last number of the frame that starts here, when all of it is here. What is left of a frame
    /// that was given up has no end, and only a key frame may follow it.
    fn frame_end(&self, first: u64) -> Option<u64> {
        let shot = self.buffer.get(&first)?.content.shot;
        let mut seq = first;
        loop {
            let packet = self.buffer.get(&seq)?;
            if packet.content.shot != shot {
                assert!(packet.content.starts_key(), "a torn frame");
                return None;
            }
            if packet.marker {
                return Some(seq);
            }
            seq += 1;
        }
    }

    fn show_at(&mut self, now: Instant, first: u64) -> bool {
        let Some(end) = self.frame_end(first) else {
            return false;
        };
        let head = &self.buffer[&first];
        if self.last.is_none() && head.content.place != 0 {
            // The stream's very first packet was lost: nobody knows of it, a decoder waits.
            return false;
        }
        let (content, ts, picture) = (head.content, head.ts, head.picture);
        for (n, seq) in (first..=end).enumerate() {
            let packet = &self.buffer[&seq].content;
            assert_eq!(
                (packet.shot, usize::from(packet.place)),
                (content.shot, n),
                "a torn frame"
            );
        }
        assert_eq!(u64::from(content.count), end - first + 1, "part of a frame");
        match self.last {
            Some((shot, last_ts, last_picture)) => {
                let follows = content.shot.follows(shot);
                assert!(
                    follows || content.key,
                    "{:?} after {shot:?}: a reference is missing",
                    content.shot
                );
                assert!((ts.wrapping_sub(last_ts) as i32) > 0, "time went back");
                assert_eq!(
                    picture,
                    last_picture.wrapping_add(1) & 0x7fff,
                    "a picture id is missing"
                );
            }
            None if !content.key => {
                // Joined in the middle, or a reference was given up: wait for a key frame.
                return false;
            }
            None => {}
        }
        self.last = Some((content.shot, ts, picture));
        self.buffer = self.buffer.split_off(&(end + 1));
        self.next = Some(end + 1);
        self.asked = None;
        self.shown(now, content);
        true
    }

    fn shown(&mut self, now: Instant, content: Content) {
        let seen = &mut self.seen;
        seen.frames += 1;
        seen.layers[usize::from(content.shot.layer)] += 1;
        seen.shown.push((now, content.shot.layer));
        let still = now - self.last_shown.unwrap_or(now);
        if still >= FREEZE {
            seen.frozen += still;
            seen.longest = seen.longest.max(still);
        }
        self.last_shown = Some(now);
    }

    /// The RTCP that is due.
    pub(crate) fn reports(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut packets: Vec<Vec<Box<dyn Rtcp>>> = Vec::new();
        if now >= self.reported + REPORT_EVERY {
            self.reported = now;
            packets.extend(self.transport().map(|report| vec![report]));
        }
        if now >= self.lossed + LOSS_EVERY {
            self.lossed = now;
            let lost = self.expected.saturating_sub(self.got) * 256 / self.expected.max(1);
            (self.expected, self.got) = (0, 0);
            let block = ReceptionReport {
                ssrc: self.ssrc,
                fraction_lost: lost.min(255) as u8,
                ..ReceptionReport::default()
            };
            let report = ReceiverReport {
                ssrc: 1,
                reports: vec![block],
                ..ReceiverReport::default()
            };
            packets.push(vec![Box::new(report)]);
        }
        packets.extend(self.wishes(now).map(|wish| vec![wish]));
        let compounds = packets
            .iter()
            .map(|packet| marshal(packet).unwrap().to_vec());
        compounds.collect()
    }

    fn wishes(&mut self, now: Instant) -> Option<Box<dyn Rtcp>> {
        let started = self.last_shown.unwrap_or(self.origin);
        let stuck = self.highest.is_some() && now >= started + STUCK;
        if stuck && self.asked.is_none_or(|asked| now >= asked + STUCK) {
            self.asked = Some(now);
            self.seen.plis += 1;
            return Some(Box::new(PictureLossIndication {
                sender_ssrc: 1,
                media_ssrc: self.ssrc,
            }));
        }
        let next = self.next.unwrap_or(0);
        self.missing.retain(|seq, missing| {
            *seq >= next && missing.times < NACKS_MAX && now < missing.since + STUCK
        });
        let due: Vec<u16> = self
            .missing
            .iter_mut()
            .filter(|(_, missing)| missing.asked.is_none_or(|asked| now >= asked + NACK_EVERY))
            .map(|(seq, missing)| {
                missing.asked = Some(now);
                missing.times += 1;
                *seq as u16
            })
            .collect();
        self.seen.nacks += due.len() as u32;
        (!due.is_empty()).then(|| {
            let nack = TransportLayerNack {
                sender_ssrc: 1,
                media_ssrc: self.ssrc,
                nacks: nack_pairs_from_sequence_numbers(&due),
            };
            Box::new(nack) as Box<dyn Rtcp>
        })
    }

    /// Everything that arrived since the report before, as libwebrtc's endpoints tell it.
    fn transport(&mut self) -> Option<Box<dyn Rtcp>> {
        self.arrivals.sort_unstable();
        let arrivals = std::mem::take(&mut self.arrivals);
        let (first, start) = *arrivals.first()?;
        let base = self.report_next.map_or(first, |next| next.min(first));
        let micros = |at: Instant| (at - self.origin).as_micros() as i64 / 250 * 250;
        let reference = micros(start) / 64_000;
        let (mut chunks, mut deltas) = (Vec::new(), Vec::new());
        let mut push = |symbol, length: u64| {
            chunks.push(PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                type_tcc: StatusChunkTypeTcc::RunLengthChunk,
                packet_status_symbol: symbol,
                run_length: length as u16,
            }));
        };
        let (mut number, mut at) = (base, reference * 64_000);
        for (arrived, time) in &arrivals {
            if *arrived > number {
                push(SymbolTypeTcc::PacketNotReceived, arrived - number);
            }
            let delta = micros(*time) - at;
            at += delta;
            let symbol = match delta {
                0..=63_750 => SymbolTypeTcc::PacketReceivedSmallDelta,
                _ => SymbolTypeTcc::PacketReceivedLargeDelta,
            };
            push(symbol, 1);
            deltas.push(RecvDelta {
                type_tcc_packet: symbol,
                delta,
            });
            number = arrived + 1;
        }
        self.report_next = Some(number);
        self.feedbacks = self.feedbacks.wrapping_add(1);
        Some(Box::new(TransportLayerCc {
            sender_ssrc: 1,
            media_ssrc: self.ssrc,
            base_sequence_number: base as u16,
            packet_status_count: (number - base) as u16,
            reference_time: (reference & 0xff_ffff) as u32,
            fb_pkt_count: self.feedbacks,
            packet_chunks: chunks,
            recv_deltas: deltas,
        }))
    }
}
