//! Datagrams from the network: whose each is, and what viewers say.

use std::net::SocketAddr;

use super::Sfu;
use crate::batch::Path;
use crate::clock::Now;
use crate::demux::{Content, Peer};
use crate::handle::{Event, Kind};
use crate::rtcp::Feedback;
use crate::stats::count;
use crate::stun::Request;
use crate::viewer::Output as ViewerOutput;

/// Why a datagram is dropped.
pub(super) enum Refused {
    /// No session is behind its address or ufrag.
    Unknown,
    /// It does not prove to be from its session's peer.
    Unauthenticated,
    /// It is nothing that belongs here.
    Malformed,
}

impl Sfu {
    /// Takes one UDP datagram; `local` is the address it was sent to.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Now,
        source: SocketAddr,
        local: SocketAddr,
        datagram: &[u8],
    ) {
        let path = Path::udp(source, local.ip());
        self.handle_input(now, path, local, datagram);
    }

    /// Takes one datagram that came by TCP.
    pub(crate) fn handle_stream(&mut self, now: Now, path: Path, datagram: &[u8]) {
        let candidates = &self.shard.ingest.tcp_candidates;
        let port = candidates.first().map_or(0, SocketAddr::port);
        self.handle_input(now, path, SocketAddr::new(path.local, port), datagram);
    }

    fn handle_input(&mut self, now: Now, path: Path, local: SocketAddr, datagram: &[u8]) {
        let taken = match Content::of(datagram) {
            Some(Content::Stun) => self.handle_stun(now, path, local, datagram),
            Some(content) => match self.demux.by_address((path.remote, path.proto)) {
                Some(Peer::Publisher(session)) => {
                    self.feed_publisher(now, session, path, local, datagram)
                }
                Some(Peer::Viewer(index)) => self.feed_viewer(now, index, path, content, datagram),
                None => Err(Refused::Unknown),
            },
            None => Err(Refused::Malformed),
        };
        if let Err(why) = taken {
            let counters = &self.shard.counters;
            count(&counters.datagrams_dropped, 1);
            count(
                match why {
                    Refused::Unknown => &counters.dropped_unknown,
                    Refused::Unauthenticated => &counters.dropped_unauthenticated,
                    Refused::Malformed => &counters.dropped_malformed,
                },
                1,
            );
        }
    }

    fn handle_stun(
        &mut self,
        now: Now,
        path: Path,
        local: SocketAddr,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        let request = match Request::parse(datagram) {
            Some(request) => request,
            // A publisher's engine may await STUN that is not a request.
            None => match self.demux.by_address((path.remote, path.proto)) {
                Some(Peer::Publisher(session)) => {
                    return self.feed_publisher(now, session, path, local, datagram);
                }
                Some(Peer::Viewer(_)) | None => return Err(Refused::Malformed),
            },
        };
        let crypto = self.crypto();
        let crypto = crypto.crypto();
        let known = self.demux.by_ufrag(request.ufrag());
        let (peer, password) = known.ok_or(Refused::Unknown)?;
        let (password, ufrag) = (password.to_owned(), request.ufrag().to_owned());
        let request = request
            .verify(&password, crypto)
            .ok_or(Refused::Unauthenticated)?;
        let address = (path.remote, path.proto);
        if !self.demux.learn(now.instant, address, peer) {
            return Err(Refused::Unauthenticated);
        }
        self.confirm_restart(now, peer, &ufrag);
        match peer {
            Peer::Publisher(session) => {
                let publisher = self.publishers.get_mut(&session);
                let publisher = publisher.ok_or(Refused::Unknown)?;
                publisher
                    .route
                    .checked(now.instant, path, request.nominates);
                self.feed_publisher(now, session, path, local, datagram)
            }
            Peer::Viewer(index) => {
                let answer = request.answer(path.remote, &password, crypto);
                self.send(path, answer.ok_or(Refused::Malformed)?);
                if self.viewers[index].path.is_none() {
                    let waited = self.viewers[index].age(now.instant);
                    self.shard.counters.join_checked.time(waited);
                }
                self.viewers[index].handle_stun(now.instant, &request, path, crypto);
                self.drain_viewer(now, index);
                Ok(())
            }
        }
    }

    fn feed_viewer(
        &mut self,
        now: Now,
        index: usize,
        path: Path,
        content: Content,
        datagram: &[u8],
    ) -> Result<(), Refused> {
        let crypto = self.crypto();
        let viewer = &mut self.viewers[index];
        match content {
            Content::Dtls => {
                viewer.handle_dtls(now.instant, datagram, crypto.crypto());
                self.drain_viewer(now, index);
                Ok(())
            }
            Content::Rtcp => {
                let feedback = viewer.handle_rtcp(now.instant, path, datagram);
                let feedback = feedback.ok_or(Refused::Unauthenticated)?;
                for wish in feedback {
                    self.serve(now, index, wish);
                }
                if self.viewers[index].congestion.take_change() {
                    self.reallocate(now, index);
                }
                self.schedule_viewer(index);
                Ok(())
            }
            // A viewer has no media to send.
            Content::Rtp | Content::Stun => Err(Refused::Malformed),
        }
    }

    /// Does what a viewer's RTCP asks for.
    fn serve(&mut self, now: Now, index: usize, wish: Feedback) {
        let by_ssrc = |ssrc| {
            let places = self.viewers[index]
                .cold
                .slots
                .iter()
                .map(|(_, place)| *place);
            places
                .into_iter()
                .find(|place| self.downtracks[*place].ssrc() == ssrc)
        };
        match wish {
            Feedback::Nack { ssrc, lost } => {
                let Some(place) = by_ssrc(ssrc) else { return };
                count(&self.shard.counters.nacked, lost.len() as u64);
                for seq in lost {
                    let source = self.downtracks[place].source_of(seq);
                    match source.filter(|source| {
                        self.viewers[index].take_repair(now.instant, place, *source)
                    }) {
                        Some(source) => self.outbound.resend(place, source),
                        None => count(&self.shard.counters.retransmit_misses, 1),
                    }
                }
            }
            Feedback::Keyframe { ssrc } => {
                let Some(place) = by_ssrc(ssrc) else { return };
                count(&self.shard.counters.keyframes_wanted, 1);
                self.refresh(now, place);
            }
            Feedback::Arrivals(arrivals) => {
                self.viewers[index]
                    .congestion
                    .arrivals(now.instant, &arrivals);
            }
            Feedback::Bandwidth(rate) => self.viewers[index].congestion.remb(now.instant, rate),
            Feedback::Loss { ssrc, fraction } => {
                if by_ssrc(ssrc).is_some() {
                    self.viewers[index]
                        .congestion
                        .reported(now.instant, fraction);
                }
            }
        }
    }

    pub(super) fn drain_viewer(&mut self, now: Now, index: usize) {
        while let Some(output) = self.viewers[index].poll() {
            match output {
                ViewerOutput::Transmit(datagram) => {
                    if let Some(path) = self.viewers[index].path {
                        self.send(path, datagram);
                    }
                }
                ViewerOutput::Connected => {
                    let waited = self.viewers[index].age(now.instant);
                    self.shard.counters.join_secured.time(waited);
                    let cold = &mut self.viewers[index].cold;
                    cold.awaits_picture = cold.slots.iter().any(|(slot, place)| {
                        slot.kind == Kind::Video && self.downtracks[*place].track.is_some()
                    });
                    let (room, session) = (cold.room.clone(), cold.session);
                    let places: Vec<_> = cold.slots.iter().map(|(_, place)| *place).collect();
                    self.event(Event::Connected { room, session });
                    for place in places {
                        self.begin(now, place);
                    }
                }
                ViewerOutput::Closed(reason) => {
                    self.remove_viewer(now, index, reason);
                    return;
                }
            }
        }
        self.schedule_viewer(index);
    }
}
