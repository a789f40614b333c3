//! Every bound of the media plane, with where its number comes from.

use std::time::Duration;

/// Worker threads; the worker's index travels in the low byte of every id.
pub(crate) const WORKERS_MAX: usize = 64;

/// Requests waiting for one worker. A request is short; the caller waits when it is full.
pub(crate) const COMMANDS_MAX: usize = 256;

/// Relay messages waiting for one worker: a quarter of a second of ten busy tracks. A media
/// packet that finds it full is dropped and counted; track news waits in the sender.
pub(crate) const RELAY_MESSAGES_MAX: usize = 4_096;

/// Events waiting for the application.
pub(crate) const EVENTS_MAX: usize = 1_024;

/// Events a worker keeps while that queue is full, before it stops and waits for the reader.
pub(crate) const EVENTS_KEPT_MAX: usize = 4_096;

/// Datagrams read in one system call: a drain longer than this would delay the sends.
pub(crate) const RECV_BATCH: usize = 64;

/// Largest datagram taken: above every path MTU seen, below jumbo frames.
pub(crate) const DATAGRAM_MAX: usize = 2_048;

/// Bytes sealed before a send call: about half of a small L2 cache, and with some 430 packets
/// less than a millisecond's work, after which the worker looks for what is more urgent.
pub(crate) const SEND_SLAB_BYTES: usize = 512 * 1_024;

/// Datagram runs in one sendmmsg call (measured: more than 32 gains nothing).
pub(crate) const SEND_RUNS_MAX: usize = 128;

/// Segments in one GSO send: `UDP_MAX_SEGMENTS` of older kernels.
pub(crate) const GSO_SEGMENTS_MAX: usize = 64;

/// Bytes in one GSO send: an IPv6 payload less the UDP header, rounded down.
pub(crate) const GSO_BYTES_MAX: usize = 65_000;

/// RTP padding spent to make a frame's packets equally long, so that they leave in one send.
/// Encoders split a frame into packets that differ by a byte or two.
pub(crate) const GSO_PADDING_MAX: usize = 16;

/// Socket buffers asked for: 16 MiB holds a quarter of a second at 500 Mbit/s.
pub(crate) const SOCKET_BUFFER_BYTES: usize = 16 << 20;

/// Plaintext packets kept per layer: three seconds of a 3 Mbit/s stream.
pub(crate) const RING_PACKETS: usize = 1_024;

/// The ring grows to this to keep a whole group of pictures, e.g. ten seconds at 4 Mbit/s.
pub(crate) const RING_PACKETS_MAX: usize = 4_096;

/// A longer tail since the last key frame is not replayed to a joiner when the publisher can be
/// asked for a new key frame instead. A second and a quarter of 2 Mbit/s video: while viewers
/// stream in, the publisher is asked once a second, and nobody in between has to wait.
pub(crate) const REPLAY_PACKETS_MAX: u64 = 320;

/// Packets replayed to one joiner in one go; with the interval, at most 8 000 packets a second,
/// which a browser's socket buffer takes.
pub(crate) const REPLAY_BURST: usize = 16;

/// Least time between two replays to one slot whose viewer lost its picture: a replay is a
/// second's traffic.
pub(crate) const REPLAY_AGAIN: Duration = Duration::from_secs(1);

/// Time between two replay bursts.
pub(crate) const REPLAY_INTERVAL: Duration = Duration::from_millis(2);

/// Replayed timestamps are squeezed by this factor, so that a joiner catches up with the live
/// picture at once instead of playing the past: 33 ms between frames become one.
pub(crate) const REPLAY_SQUEEZE: u32 = 32;

/// A video frame's packets are gathered this long at most before they are forwarded. Less than
/// the five milliseconds between two bursts of a browser's pacer, because waiting for the next
/// burst would delay the picture more than the saved send is worth.
pub(crate) const FRAME_HOLD_MAX: Duration = Duration::from_millis(3);

/// The rest of a frame that began is expected this long: a browser's pacer sends every five
/// milliseconds.
pub(crate) const BURST_GAP_MAX: Duration = Duration::from_millis(6);

/// A track with at most so many viewers on a worker is a call: its packets are not held, and they
/// leave before those of tracks with more.
pub(crate) const CALL_VIEWERS_MAX: usize = 16;

/// Packets gathered before a frame is forwarded in parts. Fits one GSO send.
pub(crate) const FRAME_PACKETS_MAX: usize = 48;

const _: () = assert!(FRAME_PACKETS_MAX <= GSO_SEGMENTS_MAX);
const _: () = assert!((FRAME_PACKETS_MAX + 1) * DATAGRAM_MAX <= SEND_SLAB_BYTES);
const _: () = assert!(FRAME_PACKETS_MAX <= SEND_RUNS_MAX);
const _: () = assert!(REPLAY_BURST <= FRAME_PACKETS_MAX);
const _: () = assert!(RING_PACKETS.is_power_of_two() && RING_PACKETS_MAX.is_power_of_two());
const _: () = assert!(REPLAY_PACKETS_MAX <= RING_PACKETS as u64);

/// Least time between two key frame requests to one layer of a publisher.
pub(crate) const KEYFRAME_INTERVAL_MIN: Duration = Duration::from_millis(1_000);

/// A key frame that did not come is asked for again after this while viewers wait for it.
pub(crate) const KEYFRAME_RETRY: Duration = Duration::from_millis(1_500);

/// Simulcast layers kept of one track (browsers send at most three). Every further one is
/// accepted, because OBS gives up when one is refused, but not forwarded.
pub(crate) const LAYERS_MAX: usize = 3;

/// Bits per second set aside for one audio slot before pictures are chosen: what the page gives
/// its Opus encoder, with headers.
pub(crate) const AUDIO_RATE: u64 = 80_000;

/// Temporal layers counted apart (browsers make at most three; RFC 7741 allows four).
pub(crate) const TEMPORAL_MAX: usize = 4;

/// A layer this much behind the newest packet of its track has ceased: 7 fps at the least, and
/// longer than any burst of loss that is repaired.
pub(crate) const LAYER_LAG_MAX: Duration = Duration::from_millis(700);

/// Between two looks at a track's layers: half of what a rate estimate is smoothed over.
pub(crate) const LAYER_TICK: Duration = Duration::from_millis(500);

/// A layer nobody takes is given up after this: longer than a viewer's change of mind, a
/// reconnect, or an estimate that swings.
pub(crate) const LAYER_UNWANTED_MAX: Duration = Duration::from_secs(10);

/// How long a layer that is wanted again may take to come: a signaling round trip and an
/// encoder's start.
pub(crate) const LAYER_RESUME_MAX: Duration = Duration::from_secs(3);

/// Gaps of dropped temporal layers remembered per slot, so that what was sent between them can be
/// sent again: two seconds at 30 frames a second.
pub(crate) const DROP_GAPS_MAX: usize = 64;

/// Receive slots of one viewer.
pub(crate) const SLOTS_MAX: usize = 16;

/// Viewers on one worker: 3 000 is the measured reach of a core, times four.
pub(crate) const VIEWERS_MAX: usize = 12_288;

/// Publishers on one worker.
pub(crate) const PUBLISHERS_MAX: usize = 512;

/// Addresses one connection may be reached at while it moves between networks.
pub(crate) const PATHS_MAX: usize = 8;

/// An address belongs to the connection that proved it for this long after its last check: twice
/// the longest interval between checks seen (FFmpeg, 5 s).
pub(crate) const ADDRESS_HELD: Duration = Duration::from_secs(10);

/// A path that brought nothing authenticated for this long is given up for another that does,
/// also without a nomination: players report every second (RFC 3550 §6.2), so it is dead.
pub(crate) const PATH_SILENCE_MAX: Duration = Duration::from_secs(2);

/// From a viewer's offer until DTLS is up. At 30 % loss handshakes took up to 20 s.
pub(crate) const HANDSHAKE_MAX: Duration = Duration::from_secs(60);

/// ICE-TCP connections in all. The way of last resort: a UDP viewer costs a third.
pub(crate) const TCP_CONNECTIONS_MAX: usize = 2_048;

/// ICE-TCP connections that have not shown credentials yet; further ones are closed at once.
pub(crate) const TCP_PENDING_MAX: usize = 256;

/// Of these, from one address: a household or an office behind one NAT.
pub(crate) const TCP_PENDING_PER_ADDRESS_MAX: usize = 16;

/// From accepting a connection to its first request, and from there to a worker's answer.
pub(crate) const TCP_HELLO_MAX: Duration = Duration::from_secs(5);

/// A connection that brings or gets nothing for this long is closed: consent is over by then.
pub(crate) const TCP_IDLE_MAX: Duration = Duration::from_secs(35);

/// A write that takes longer has lost its peer.
pub(crate) const TCP_WRITE_MAX: Duration = Duration::from_secs(10);

/// Bursts waiting for a slow connection: about a second of video with audio. More are dropped
/// and counted; the viewer asks for them again or for a key frame.
pub(crate) const TCP_FRAMES_MAX: usize = 64;

/// Send buffer of a connection: half a second of 4 Mbit/s, so that what is late is not old.
pub(crate) const TCP_BUFFER_BYTES: usize = 256 * 1_024;

/// Datagrams from TCP waiting for one worker. Full: the connections wait, and so do their peers.
pub(crate) const TCP_MESSAGES_MAX: usize = 1_024;

/// Bytes of an SDP offer; browsers with every codec and 16 slots stay under 100 KiB.
pub(crate) const OFFER_BYTES_MAX: usize = 256 * 1_024;

/// Bytes of a trickle fragment: a hundred candidates of a host with many networks.
pub(crate) const FRAGMENT_BYTES_MAX: usize = 16 * 1_024;

/// Consent (RFC 7675): a peer silent for this long is gone. FFmpeg checks every 5 s.
pub(crate) const CONSENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A slot that its viewer's path has kept behind the live picture for this long waits for a key
/// frame instead: what it still has to send is past.
pub(crate) const CATCH_UP_MAX: Duration = Duration::from_secs(2);

/// Between two sender reports of a viewer.
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// The first sender report follows a slot's first packet after this time.
pub(crate) const REPORT_FIRST: Duration = Duration::from_millis(20);

/// Retransmissions one viewer may draw per second: a tenth of a 10 Mbit/s stream. More is
/// dropped and counted as missed: a viewer that far behind needs a key frame.
pub(crate) const RETRANSMITS_PER_SECOND: u32 = 512;
