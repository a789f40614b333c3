//! Which path a connection's datagrams take, and when they move to another: on nomination (RFC
//! 8445 §8.1.1), and when the path in use has died and the peer checks another, as behind a NAT
//! that gave it a new address (aiortc's consent checks nominate nothing).

use std::time::Instant;

use crate::batch::Path;
use crate::limits::PATH_SILENCE_MAX;

/// The path in use and when it was last heard.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Route {
    used: Option<(Path, Instant)>,
}

impl Route {
    /// A check with valid integrity came over `path`. `true`: the connection uses it from now on
    /// and did not before.
    pub(crate) fn checked(&mut self, now: Instant, path: Path, nominates: bool) -> bool {
        match self.used {
            Some((used, _)) if used == path => {
                self.used = Some((path, now));
                false
            }
            Some((_, heard)) if !nominates && now < heard + PATH_SILENCE_MAX => false,
            _ => {
                self.used = Some((path, now));
                true
            }
        }
    }

    /// An authenticated datagram came over `path`. Media never moves a connection: its source
    /// may be forged by replaying it.
    pub(crate) fn heard(&mut self, now: Instant, path: Path) {
        if let Some((used, heard)) = &mut self.used
            && *used == path
        {
            *heard = now;
        }
    }

    /// Where to send.
    pub(crate) fn path(&self) -> Option<Path> {
        self.used.map(|(path, _)| path)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::origin;

    fn path(port: u16) -> Path {
        Path::udp(([127, 0, 0, 1], port).into(), [127, 0, 0, 1].into())
    }

    #[test]
    fn it_moves_on_nomination_or_when_the_old_path_is_silent() {
        let at = |ms| origin() + Duration::from_millis(ms);
        let mut route = Route::default();
        assert!(route.checked(at(0), path(1), false), "the first");
        assert!(!route.checked(at(10), path(2), false), "a spare pair");
        assert!(route.checked(at(20), path(2), true), "nominated");
        assert!(!route.checked(at(1_900), path(1), false));
        route.heard(at(1_950), path(2));
        route.heard(at(2_500), path(1));
        assert!(!route.checked(at(3_900), path(1), false), "reports came");
        assert_eq!(route.path(), Some(path(2)));
        assert!(route.checked(at(3_950), path(1), false), "a new address");
        assert_eq!(route.path(), Some(path(1)));
    }
}
