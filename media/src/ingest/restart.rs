//! An ICE restart of a publisher. The engine restarts on an offer with other credentials, so the
//! session's own offer is given to it again, with the new ones.

use std::time::Instant;

use str0m::IceCreds;
use str0m::change::SdpOffer;

use super::Ingest;
use crate::handle::Closed;
use crate::ice::{Credentials, Pair};
use crate::sdpfrag::Tagged;

/// The engine's `a=ice-options`.
const ICE_OPTIONS: &str = "trickle";

impl Ingest {
    /// Completes a restart: from here on the engine answers checks with the new credentials, and
    /// knows no other path than where they come from. DTLS and SRTP go on.
    pub(crate) fn restart(&mut self, now: Instant, pair: &Pair) {
        self.now = self.now.max(now);
        let offer = with_credentials(&self.offer, &pair.remote);
        let local = IceCreds {
            ufrag: pair.local.ufrag.clone(),
            pass: pair.local.pwd.clone(),
        };
        let restarted = self.engine(|rtc| {
            let offer = SdpOffer::from_sdp_string(&offer).expect("it was parsed before");
            rtc.sdp_api().accept_offer(offer)?;
            // The engine has made up its own.
            rtc.direct_api().set_local_ice_credentials(local);
            Ok(())
        });
        if let Err(error) = restarted {
            tracing::warn!(%error, "ICE restart of a publisher failed");
            self.end(Closed::Failed);
        }
        self.drain();
    }

    /// The m-line that carries ICE, and the ICE options of the answer.
    pub(crate) fn tagged(&self) -> (Tagged<'_>, &'static str) {
        let tagged = Tagged {
            kind: self.tracks[0].line.kind,
            mids: self
                .tracks
                .iter()
                .map(|track| track.line.mid.as_str())
                .collect(),
        };
        (tagged, ICE_OPTIONS)
    }
}

/// The offer with other ICE credentials and without candidates, which belonged to the old ones.
fn with_credentials(offer: &str, remote: &Credentials) -> String {
    let mut out = String::with_capacity(offer.len() + 64);
    for line in offer.lines() {
        if line.starts_with("a=ice-ufrag:") {
            out.push_str(&format!("a=ice-ufrag:{}", remote.ufrag));
        } else if line.starts_with("a=ice-pwd:") {
            out.push_str(&format!("a=ice-pwd:{}", remote.pwd));
        } else if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") {
            continue;
        } else {
            out.push_str(line);
        }
        out.push_str("\r\n");
    }
    out
}
