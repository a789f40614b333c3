//! A receive slot: one m-line of one viewer, with its own SSRCs, showing one track after another.
//! Turns a shared plaintext packet into sealed bytes in the send slab.

use std::time::Instant;

use crate::batch::Batch;
use crate::codec::rewrite;
use crate::handle::{Kind, LayerChoice, TrackId, Wanted};
use crate::limits::{CATCH_UP_MAX, DATAGRAM_MAX, GSO_PADDING_MAX, REPLAY_AGAIN};
use crate::munger::{Mapped, Munger, Pivot};
use crate::packet::{Codec, Packet};
use crate::sdp::{Payload, Ssrcs};
use crate::srtp::{EXTENSION_LEN, HEADER_LEN, IndexWindow, TAG_LEN_MAX};
use crate::viewer::Link;

/// What a slot does with its track's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Shows nothing.
    Idle,
    /// Waits for the start of a key frame.
    Waiting,
    /// Catches up from the ring; the next packet to send.
    Replay(u64),
    /// Takes every packet as it comes.
    Live,
    /// Shows a track of which nothing is sent for now: not visible, or no bandwidth for it.
    Paused,
}

/// The layer a slot is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Layer of the track, 0 the lowest.
    pub layer: u8,
    /// Highest temporal layer.
    pub temporal: u8,
}

impl Pick {
    /// All there is of the lowest layer.
    pub(crate) const BASE: Pick = Pick {
        layer: 0,
        temporal: u8::MAX,
    };
}

/// What a frame means to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// It is not for it.
    None,
    /// It is the next one of what it shows.
    GoesOn,
    /// The slot can start here if this is a key frame.
    MayStart,
}

/// RTX payloads start with the original sequence number (RFC 4588 §4).
const OSN_LEN: usize = 2;

/// Most that is added to a payload.
pub(crate) const OVERHEAD: usize = HEADER_LEN + EXTENSION_LEN + OSN_LEN + TAG_LEN_MAX;

/// Bytes of slab a packet may take.
pub(crate) const SEALED_MAX: usize = DATAGRAM_MAX;

/// How a slot's packets are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    /// Payload type.
    pt: u8,
    /// That of retransmissions.
    rtx: Option<u8>,
    /// Header extension id of the transport-wide sequence number.
    transport_cc: Option<u8>,
}

/// What a header says that the packet does not.
struct Label {
    pt: u8,
    ssrc: u32,
    index: u64,
    /// Header extension id and transport-wide sequence number.
    transport: Option<(u8, u16)>,
}

/// Lengths of a packet in the clear.
struct Written {
    header: usize,
    len: usize,
}

/// One slot. Small on purpose: thousands are walked per frame.
pub(crate) struct Downtrack {
    /// The viewer, by its place in the worker's table.
    pub viewer: usize,
    /// What it shows.
    pub track: Option<TrackId>,
    /// Layer being sent.
    pub layer: u8,
    /// What is to be sent; a layer is changed at its next key frame.
    pub target: Pick,
    /// Where it stands.
    pub flow: Flow,
    /// Layers it takes or waits for (bit per layer), as counted at its track.
    pub taking: u8,
    /// What its page does with the picture.
    pub wanted: Wanted,
    /// What was asked for.
    pub choice: LayerChoice,
    /// Fixed by the application; otherwise pointed at tracks as they come.
    pub pinned: bool,
    munger: Munger,
    /// Temporal layers sent now, and the frame for which that was decided.
    temporal: u8,
    temporal_ts: u32,
    sent: IndexWindow,
    ssrcs: Ssrcs,
    /// Whether its bursts wait for the path.
    paced: bool,
    /// How the codec shown now is sent; `None` when the viewer cannot take it.
    payload: Option<Form>,
    rtx_index: u64,
    /// Arrival of the newest packet sent.
    last: Option<Instant>,
    /// When the last replay began.
    replayed: Option<Instant>,
    /// Since when it has been behind the live picture.
    behind: Option<Instant>,
    /// For sender reports.
    packets: u32,
    octets: u32,
    payloads: Vec<Payload>,
}

impl Downtrack {
    /// `seed` is random: first sequence numbers and timestamp (RFC 3550 §5.1).
    pub(crate) fn new(viewer: usize, ssrcs: Ssrcs, payloads: Vec<Payload>, seed: u64) -> Downtrack {
        Downtrack {
            viewer,
            track: None,
            layer: 0,
            target: Pick::BASE,
            flow: Flow::Idle,
            taking: 0,
            wanted: Wanted::default(),
            choice: LayerChoice::Auto,
            pinned: false,
            munger: Munger::new(seed as u16, (seed >> 16) as u32),
            temporal: u8::MAX,
            temporal_ts: 0,
            sent: IndexWindow::default(),
            ssrcs,
            paced: false,
            payload: None,
            rtx_index: (seed >> 48) & 0x3fff,
            last: None,
            replayed: None,
            behind: None,
            packets: 0,
            octets: 0,
            payloads,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrcs.media
    }

    /// Whether the viewer negotiated this codec here.
    pub(crate) fn accepts(&self, codec: Codec) -> bool {
        self.choose(codec).is_some()
    }

    /// Points the slot at a track, or at nothing.
    pub(crate) fn show(&mut self, track: Option<(TrackId, Codec)>) {
        // The old mapping must not meet the new track's packets: an index would repeat.
        self.munger.stop();
        self.track = track.map(|(id, _)| id);
        self.taking = 0;
        self.payload = track.and_then(|(_, codec)| self.choose(codec));
        self.paced = track.is_some_and(|(_, codec)| codec.kind() == Kind::Video);
        self.behind = None;
        self.flow = if self.payload.is_some() {
            Flow::Waiting
        } else {
            Flow::Idle
        };
    }

    /// Ceases to send; the track stays the slot's. Goes on at a key frame.
    pub(crate) fn pause(&mut self) {
        self.munger.stop();
        self.behind = None;
        self.flow = Flow::Paused;
    }

    /// Whether another layer is to be sent than is being sent.
    pub(crate) fn is_switching(&self) -> bool {
        matches!(self.flow, Flow::Live | Flow::Replay(_)) && self.layer != self.target.layer
    }

    /// Layers it takes or can start with (bit per layer): until its first picture any that is no
    /// better than the target, so that no picture has to wait for the best.
    pub(crate) fn takes(&self) -> u8 {
        let target = 1u8.wrapping_shl(self.target.layer.into());
        match self.flow {
            Flow::Idle | Flow::Paused => 0,
            Flow::Waiting => target | (target - 1),
            Flow::Live | Flow::Replay(_) => target | 1u8.wrapping_shl(self.layer.into()),
        }
    }

    /// How a frame of a layer meets this slot.
    pub(crate) fn meets(&self, layer: u8) -> Meeting {
        match self.flow {
            Flow::Live if self.layer == layer => Meeting::GoesOn,
            // Who is behind on a layer that its path does not carry gives up what is past.
            _ if self.is_switching() && self.target.layer == layer => Meeting::MayStart,
            Flow::Waiting if layer <= self.target.layer => Meeting::MayStart,
            _ => Meeting::None,
        }
    }

    /// Temporal layers are dropped at any frame, and taken up where one may be entered.
    fn temporal_limit(&mut self, packet: &Packet) -> u8 {
        // A late packet decides nothing.
        if packet.rtp_ts.wrapping_sub(self.temporal_ts) as i32 > 0 {
            self.temporal_ts = packet.rtp_ts;
            let (entry, wanted) = (packet.temporal, self.target.temporal);
            // One layer at a time: what leans on the next layer itself was left out until now.
            let enters = entry.sync && entry.id == self.temporal.saturating_add(1);
            if packet.keyframe || wanted < self.temporal {
                self.temporal = wanted;
            } else if enters && entry.id <= wanted {
                self.temporal = entry.id;
            }
        }
        self.temporal
    }

    /// H.264 leaves under the payload type of the nearest profile: browsers decode Constrained
    /// Baseline, Baseline, Main and High under any of them (measured), but prefer their own.
    fn choose(&self, codec: Codec) -> Option<Form> {
        let distance = |payload: &Payload| match (payload.codec, codec) {
            (
                Codec::H264 {
                    profile_level_id: ours,
                },
                Codec::H264 {
                    profile_level_id: theirs,
                },
            ) => Some(u32::from(ours >> 16 != theirs >> 16) * 2 + u32::from(ours != theirs)),
            (ours, theirs) => (ours == theirs).then_some(0),
        };
        let near = self
            .payloads
            .iter()
            .filter_map(|payload| Some((distance(payload)?, payload)));
        let (_, payload) = near.min_by_key(|(distance, _)| *distance)?;
        Some(Form {
            pt: payload.pt,
            rtx: payload.rtx,
            transport_cc: payload.transport_cc,
        })
    }

    /// Begins to forward at `first`: the numbers go on from what was sent before.
    pub(crate) fn start(
        &mut self,
        first: &Packet,
        clock_hz: u32,
        pivot: Option<Pivot>,
        now: Instant,
    ) {
        if pivot.is_some() {
            self.replayed = Some(now);
        }
        let newest = if pivot.is_some() { now } else { first.arrival };
        let elapsed = self.last.map_or(0, |last| {
            let elapsed = newest.saturating_duration_since(last);
            (elapsed.as_micros() * u128::from(clock_hz) / 1_000_000) as u32
        });
        self.munger.restart(first, elapsed, pivot);
        (self.temporal, self.temporal_ts) = (self.target.temporal, first.rtp_ts);
    }

    /// Goes on from `next` in the ring: at once when the path allows, or bit by bit.
    pub(crate) fn fall_behind(&mut self, now: Instant, next: u64) {
        self.behind.get_or_insert(now);
        self.flow = Flow::Replay(next);
    }

    /// Takes packets as they come again.
    pub(crate) fn catch_up(&mut self) {
        self.behind = None;
        self.flow = Flow::Live;
    }

    /// Gives up what is past when there is too much of it, and waits for a key frame. `true`: so
    /// it is now.
    pub(crate) fn give_up(&mut self, now: Instant) -> bool {
        let late = self.behind.is_some_and(|since| now >= since + CATCH_UP_MAX);
        if late {
            self.behind = None;
            self.flow = Flow::Waiting;
        }
        late
    }

    /// Whether the ring may be replayed to a viewer that lost its picture.
    pub(crate) fn may_replay_again(&self, now: Instant) -> bool {
        let rested = self
            .replayed
            .is_none_or(|replayed| now >= replayed + REPLAY_AGAIN);
        self.flow == Flow::Live && rested
    }

    /// Whether the viewer's path takes the packet now. Audio never waits.
    pub(crate) fn may_send(&self, packet: &Packet, link: &mut Link<'_>) -> bool {
        !self.paced || link.congestion.may_send(link.now, packet.payload.len())
    }

    /// Seals `packet` for the viewer behind `link`. `segment` is the length wished for (header
    /// extension not counted), so that a frame's packets are equally long; 0 for none. Returns
    /// the bytes written, `None` when it must not be sent.
    pub(crate) fn send(
        &mut self,
        packet: &Packet,
        segment: usize,
        link: &mut Link<'_>,
        batch: &mut Batch,
    ) -> Option<usize> {
        let form = self.payload?;
        let limit = self.temporal_limit(packet);
        let mapped = self.munger.map(packet, limit)?;
        if !self.sent.claim(mapped.index) {
            return None;
        }
        let space = batch.space();
        if space.len() < SEALED_MAX || packet.payload.len() + OVERHEAD > SEALED_MAX {
            return None;
        }
        let number = form.transport_cc.map(|id| (id, link.congestion.number()));
        let label = Label {
            pt: form.pt,
            ssrc: self.ssrcs.media,
            index: mapped.index,
            transport: number,
        };
        let Written { header, mut len } = self.write(space, packet, &mapped, &label);
        // Without RTX a packet may be sent again as it was, so its bytes must not depend on luck.
        if form.rtx.is_some() {
            len = pad(space, len, segment + header - HEADER_LEN);
        }
        let sealed = link.sealer.seal(space, header, len, mapped.index)?;
        batch.commit(link.path, sealed);
        link.congestion
            .sent(link.now, number.map(|(_, number)| number), sealed);
        self.last = Some(packet.arrival);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        Some(sealed)
    }

    /// The source packet a NACKed sequence number stands for.
    pub(crate) fn source_of(&self, seq: u16) -> Option<u64> {
        self.munger.unmap(seq)
    }

    /// The newest source packet sent.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.munger.newest()
    }

    /// Whether repeats go under numbers of their own (RTX), so that any packet may be repeated.
    pub(crate) fn repeats_apart(&self) -> bool {
        self.payload.is_some_and(|form| form.rtx.is_some())
    }

    /// Sends a packet again: as RTX (RFC 4588), or byte for byte when the viewer has no RTX. A
    /// numbered packet without RTX is not repeated: with another number its bytes would differ.
    pub(crate) fn resend(
        &mut self,
        packet: &Packet,
        link: &mut Link<'_>,
        batch: &mut Batch,
    ) -> Option<usize> {
        let form = self.payload?;
        let mapped = self.munger.peek(packet)?;
        let space = batch.space();
        let needed = packet.payload.len() + OVERHEAD;
        if space.len() < SEALED_MAX || needed > SEALED_MAX {
            return None;
        }
        if !self.sent.contains(mapped.index) {
            // What reached us too late to be sent in its turn is sent now, for the first time.
            let passed = self
                .munger
                .newest()
                .is_some_and(|newest| packet.seq < newest);
            return passed.then(|| self.send(packet, 0, link, batch)).flatten();
        }
        let mut label = Label {
            pt: form.pt,
            ssrc: self.ssrcs.media,
            index: mapped.index,
            transport: None,
        };
        let written = match (form.rtx, form.transport_cc) {
            (None, Some(_)) => return None,
            (None, None) => self.write(space, packet, &mapped, &label),
            (Some(rtx), transport_cc) => {
                self.rtx_index += 1;
                (label.pt, label.ssrc, label.index) = (rtx, self.ssrcs.rtx, self.rtx_index);
                label.transport = transport_cc.map(|id| (id, link.congestion.number()));
                let Written { header, len } = self.write(space, packet, &mapped, &label);
                space.copy_within(header..len, header + OSN_LEN);
                space[header..header + OSN_LEN]
                    .copy_from_slice(&(mapped.index as u16).to_be_bytes());
                let len = len + OSN_LEN;
                Written { header, len }
            }
        };
        let Written { header, len } = written;
        let sealed = link.sealer.seal(space, header, len, label.index)?;
        batch.commit(link.path, sealed);
        let number = label.transport.map(|(_, number)| number);
        link.congestion.sent(link.now, number, sealed);
        Some(sealed)
    }

    /// Header and payload in the clear.
    fn write(&self, space: &mut [u8], packet: &Packet, mapped: &Mapped, label: &Label) -> Written {
        space[0] = 0x80;
        space[1] = label.pt | if packet.marker { 0x80 } else { 0 };
        space[2..4].copy_from_slice(&(label.index as u16).to_be_bytes());
        space[4..8].copy_from_slice(&mapped.rtp_ts.to_be_bytes());
        space[8..12].copy_from_slice(&label.ssrc.to_be_bytes());
        let mut header = HEADER_LEN;
        if let Some((id, number)) = label.transport {
            space[0] |= 0x10;
            let [high, low] = number.to_be_bytes();
            let extension = [0xbe, 0xde, 0, 1, id << 4 | 1, high, low, 0];
            header += EXTENSION_LEN;
            space[HEADER_LEN..header].copy_from_slice(&extension);
        }
        let len = header + packet.payload.len();
        let payload = &mut space[header..len];
        payload.copy_from_slice(&packet.payload);
        if mapped.rewritten {
            rewrite(payload, &packet.numbers, mapped.picture, mapped.tl0);
        }
        Written { header, len }
    }

    /// Packets and payload bytes sent so far.
    pub(crate) fn counts(&self) -> (u32, u32) {
        (self.packets, self.octets)
    }

    /// The slot's timestamp for a moment of its track.
    pub(crate) fn timestamp(&self, rtp_ts: u32) -> u32 {
        self.munger.live_timestamp(rtp_ts)
    }
}

/// RTP padding (RFC 3550 §5.1) up to `segment` when little is missing.
fn pad(space: &mut [u8], len: usize, segment: usize) -> usize {
    let missing = segment.saturating_sub(len);
    if missing == 0 || missing > GSO_PADDING_MAX {
        return len;
    }
    space[0] |= 0x20;
    space[len..segment].fill(0);
    space[segment - 1] = missing as u8;
    segment
}

/// The length to pad a frame's packets to: that of its longest, tag not counted.
pub(crate) fn segment_of(frame: &[Packet]) -> usize {
    frame
        .iter()
        .map(|packet| packet.payload.len() + HEADER_LEN)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
