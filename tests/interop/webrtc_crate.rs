//! The `webrtc` crate, through its own API: one connection publishes the feed's VP8, another one
//! plays it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tests::feed::{Feed, Kind};
use tests::wait::now;
use tests::whip;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, Registry,
};
use webrtc::runtime::{Runtime, TokioRuntime};

use super::{PATIENCE, Stage};

const SSRC: u32 = 0x00de_cafe;
/// VP8 packets that must arrive: about two seconds.
const ENOUGH: u64 = 400;

/// What the crate tells about a connection.
#[derive(Clone, Default)]
struct Told {
    gathered: Arc<AtomicBool>,
    connected: Arc<AtomicBool>,
    video: Arc<AtomicU64>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Told {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .store(state == RTCIceGatheringState::Complete, Ordering::Release);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.connected.store(
            state == RTCPeerConnectionState::Connected,
            Ordering::Release,
        );
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let video = self.video.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && track.kind().await == RtpCodecKind::Video
                    && !packet.payload.is_empty()
                {
                    video.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
}

async fn connection(told: &Told) -> Result<Arc<dyn PeerConnection>> {
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let interceptors = register_default_interceptors(Registry::new(), &mut media)?;
    let runtime: Arc<dyn Runtime> = Arc::new(TokioRuntime);
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(interceptors)
        .with_handler(Arc::new(told.clone()))
        .with_runtime(runtime)
        .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
        .build()
        .await?;
    Ok(Arc::new(connection))
}

/// Offer to `endpoint`, answer back, wait for the connection.
async fn connect(
    stage: &Stage,
    connection: &Arc<dyn PeerConnection>,
    told: &Told,
    endpoint: &str,
    token: Option<&str>,
) -> Result<()> {
    let offer = connection.create_offer(None).await?;
    connection.set_local_description(offer).await?;
    wait("candidates", || told.gathered.load(Ordering::Acquire)).await?;
    let offer = connection
        .local_description()
        .await
        .context("the offer was just set")?;
    let answer = whip::post(&stage.http, endpoint, token, offer.sdp)
        .await?
        .answer;
    connection
        .set_remote_description(RTCSessionDescription::answer(answer)?)
        .await?;
    wait("the connection", || told.connected.load(Ordering::Acquire)).await
}

async fn wait(what: &str, ready: impl Fn() -> bool) -> Result<()> {
    let end = now() + PATIENCE;
    while !ready() {
        ensure!(now() < end, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

fn vp8_track() -> TrackLocalStaticRTP {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(SSRC),
            ..Default::default()
        },
        codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            ..Default::default()
        },
        ..Default::default()
    };
    let video = RtpCodecKind::Video;
    let (stream, name) = ("show".to_owned(), "video".to_owned());
    TrackLocalStaticRTP::new(MediaStreamTrack::new(
        stream,
        name.clone(),
        name,
        video,
        vec![coding],
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webrtc_crate_publishes_and_plays_vp8() -> Result<()> {
    let stage = Stage::new()?;
    let host = Told::default();
    let publisher = connection(&host).await?;
    let track = Arc::new(vp8_track());
    let sender = publisher
        .add_track(track.clone() as Arc<dyn TrackLocal>)
        .await?;
    connect(
        &stage,
        &publisher,
        &host,
        &stage.whip(),
        Some(&stage.token()),
    )
    .await?;
    let codecs = sender.get_parameters().await?.rtp_parameters.codecs;
    let vp8 = codecs
        .iter()
        .find(|codec| codec.rtp_codec.mime_type == MIME_TYPE_VP8);
    let payload_type = vp8.context("VP8 was not negotiated")?.payload_type;
    let sending = tokio::spawn(async move {
        let (start, mut feed) = (now(), Feed::new());
        loop {
            for due in feed
                .due(now() - start)
                .into_iter()
                .filter(|due| due.kind == Kind::Video)
            {
                let header = rtc::rtp::header::Header {
                    version: 2,
                    marker: due.marker,
                    payload_type,
                    sequence_number: due.seq,
                    timestamp: due.timestamp,
                    ssrc: SSRC,
                    ..Default::default()
                };
                let packet = rtc::rtp::Packet {
                    header,
                    payload: due.payload,
                };
                track.write_rtp(packet).await?;
            }
            tokio::time::sleep_until((start + feed.next_due()).into()).await;
        }
        #[allow(unreachable_code)]
        anyhow::Ok(())
    });

    let viewer = Told::default();
    let player = connection(&viewer).await?;
    for kind in [RtpCodecKind::Video, RtpCodecKind::Audio] {
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Recvonly,
            streams: vec![],
            send_encodings: vec![],
        };
        player.add_transceiver_from_kind(kind, Some(init)).await?;
    }
    connect(&stage, &player, &viewer, &stage.whep(), None).await?;
    let enough = wait("VP8 packets", || {
        viewer.video.load(Ordering::Relaxed) >= ENOUGH
    })
    .await;
    sending.abort();
    player.close().await?;
    publisher.close().await?;
    enough
}
