//! A small WHIP publisher on the `webrtc` crate: sends the clip's samples at the pace of real
//! time, both tracks by one clock, with RTP timestamps that run on over the loop's seam.

use std::sync::Arc;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::media::Sample;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8};
use rtc::rtp_transceiver::PayloadType;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_sample::TrackLocalStaticSample;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, Registry,
    SettingEngineBuilder, register_default_interceptors,
};
use webrtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit, RtpSender};
use webrtc::runtime::default_runtime;

use super::api::Api;
use super::clip::{Clip, FRAME_MS, TICK_MS};
use super::{DemoError, OnAir};

/// Candidates are the host's own addresses; nothing is asked of the network.
const GATHER_WAIT: Duration = Duration::from_secs(5);
/// ICE and DTLS with a server on the same machine take a fraction of a second.
const CONNECT_WAIT: Duration = Duration::from_secs(15);
/// A process that was stopped for longer starts a new session instead of sending a flood.
const LATE_MAX: Duration = Duration::from_secs(2);

/// Publishes the clip until the connection ends.
pub(super) async fn publish(
    api: &Api,
    clip: &Clip,
    on_air: &watch::Sender<OnAir>,
) -> Result<(), DemoError> {
    api.create_show().await?;
    let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let now = ticks.tick().await;
    let mut peer = Peer::new(now).await?;
    let offer = peer.offer().await?;
    let session = api.whip(offer).await?;
    let answer = RTCSessionDescription::answer(session.answer.clone())?;
    let result = async {
        peer.connection.set_remote_description(answer).await?;
        peer.connected().await?;
        peer.play(clip, ticks, on_air).await
    }
    .await;
    if let Err(error) = api.whip_end(&session).await {
        tracing::debug!(%error, "the WHIP session was gone already");
    }
    peer.connection.close().await?;
    result
}

/// Both states of the connection that matter, for those who wait.
struct Watcher {
    gathered: watch::Sender<bool>,
    state: watch::Sender<RTCPeerConnectionState>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }
}

/// A sending track.
struct Line {
    track: Arc<TrackLocalStaticSample>,
    sender: Arc<dyn RtpSender>,
    ssrc: u32,
}

struct Peer {
    connection: Box<dyn PeerConnection>,
    video: Line,
    audio: Line,
    gathered: watch::Receiver<bool>,
    state: watch::Receiver<RTCPeerConnectionState>,
}

impl Peer {
    async fn new(now: Instant) -> Result<Peer, DemoError> {
        let mut codecs = MediaEngine::default();
        codecs.register_codec(opus(), RtpCodecKind::Audio)?;
        codecs.register_codec(vp8(), RtpCodecKind::Video)?;
        let interceptors = register_default_interceptors(Registry::new(), &mut codecs)?;
        let (gathered_in, gathered) = watch::channel(false);
        let (state_in, state) = watch::channel(RTCPeerConnectionState::New);
        let runtime = default_runtime()
            .ok_or_else(|| DemoError::Ended("the webrtc crate has no runtime".into()))?;
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(codecs)
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::new(Watcher {
                gathered: gathered_in,
                state: state_in,
            }))
            .with_runtime(runtime)
            // The candidates are addresses of this machine: nobody has to be asked for a name.
            .with_setting_engine(
                SettingEngineBuilder::new()
                    .with_multicast_dns_mode(MulticastDnsMode::Disabled)
                    .build(),
            )
            // Loopback, and each address of the host for a server bound to one of them.
            .with_udp_addrs(vec!["127.0.0.1:0", "0.0.0.0:0"])
            .build()
            .await?;
        let connection: Box<dyn PeerConnection> = Box::new(connection);
        let audio = add(&*connection, RtpCodecKind::Audio, opus().rtp_codec, now).await?;
        let video = add(&*connection, RtpCodecKind::Video, vp8().rtp_codec, now).await?;
        Ok(Peer {
            connection,
            video,
            audio,
            gathered,
            state,
        })
    }

    /// An offer with all candidates in it.
    async fn offer(&mut self) -> Result<String, DemoError> {
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer).await?;
        let gathered = tokio::time::timeout(GATHER_WAIT, self.gathered.wait_for(|done| *done));
        if !matches!(gathered.await, Ok(Ok(_))) {
            return Err(DemoError::Ended(
                "gathering candidates took too long".into(),
            ));
        }
        let offer = self.connection.local_description().await;
        Ok(offer.map(|description| description.sdp).unwrap_or_default())
    }

    async fn connected(&mut self) -> Result<(), DemoError> {
        let up = |state: &RTCPeerConnectionState| *state == RTCPeerConnectionState::Connected;
        match tokio::time::timeout(CONNECT_WAIT, self.state.wait_for(up)).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(DemoError::Ended("connecting took too long".into())),
        }
    }

    /// Sends until the connection is lost. The ticks before the first one sent are forgotten.
    async fn play(
        &mut self,
        clip: &Clip,
        mut ticks: tokio::time::Interval,
        on_air: &watch::Sender<OnAir>,
    ) -> Result<(), DemoError> {
        let (audio_type, video_type) = (
            self.audio.payload_type().await?,
            self.video.payload_type().await?,
        );
        ticks.reset_immediately();
        tracing::info!(loop_ms = clip.duration_ms(), "the demo show is on air");
        for tick in 0.. {
            let due = ticks.tick().await;
            if tick == 0 {
                on_air.send_replace(Some(due));
            }
            if due.elapsed() > LATE_MAX {
                return Err(DemoError::Ended(
                    "this process was stopped for a while".into(),
                ));
            }
            let state = *self.state.borrow();
            if matches!(
                state,
                RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed
            ) {
                return Err(DemoError::Ended(format!("the connection is {state}")));
            }
            let (packet, frame) = clip.tick(tick);
            self.audio
                .send(due, packet.clone(), TICK_MS, audio_type)
                .await?;
            if let Some(frame) = frame {
                self.video
                    .send(due, frame.clone(), FRAME_MS, video_type)
                    .await?;
            }
        }
        Ok(())
    }
}

impl Line {
    async fn payload_type(&self) -> Result<PayloadType, DemoError> {
        let parameters = self.sender.get_parameters().await?;
        let codec = parameters.rtp_parameters.codecs.first();
        codec
            .map(|codec| codec.payload_type)
            .ok_or_else(|| DemoError::Ended("the server took no codec of ours".into()))
    }

    async fn send(
        &self,
        due: Instant,
        data: bytes::Bytes,
        length_ms: u64,
        payload_type: PayloadType,
    ) -> Result<(), DemoError> {
        let sample = Sample {
            data,
            duration: Duration::from_millis(length_ms),
            ..Sample::new(due.into_std())
        };
        let writer = self.track.sample_writer(self.ssrc, payload_type);
        Ok(writer.write_sample(&sample).await?)
    }
}

async fn add(
    connection: &dyn PeerConnection,
    kind: RtpCodecKind,
    codec: RTCRtpCodec,
    now: Instant,
) -> Result<Line, DemoError> {
    let ssrc = rand::random();
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec,
        ..Default::default()
    };
    let label = kind.to_string();
    // One stream id for both, so that players keep them in step.
    let described =
        MediaStreamTrack::new("demo".into(), label.clone(), label, kind, vec![encoding]);
    let track = Arc::new(TrackLocalStaticSample::new(now.into_std(), described)?);
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        ..Default::default()
    };
    let transceiver = connection
        .add_transceiver_from_track(Arc::clone(&track) as Arc<dyn TrackLocal>, Some(init))
        .await?;
    let sender = transceiver.sender().await?;
    let sender = sender.ok_or_else(|| DemoError::Ended("a transceiver has no sender".into()))?;
    Ok(Line {
        track,
        sender,
        ssrc,
    })
}

fn opus() -> RTCRtpCodecParameters {
    let fmtp = "minptime=10;useinbandfec=1";
    codec(MIME_TYPE_OPUS, 48_000, 2, fmtp, 111)
}

fn vp8() -> RTCRtpCodecParameters {
    codec(MIME_TYPE_VP8, 90_000, 0, "", 96)
}

fn codec(mime: &str, clock: u32, channels: u16, fmtp: &str, number: u8) -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime.to_owned(),
            clock_rate: clock,
            channels,
            sdp_fmtp_line: fmtp.to_owned(),
            rtcp_feedback: vec![],
        },
        payload_type: number,
    }
}
