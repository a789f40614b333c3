//! The rate at which packets arrive, over the last half second of the viewer's clock
//! (draft-ietf-rmcat-gcc-02 §5.5 takes 0.5 to 1 s).

const BUCKET_US: i64 = 50_000;
const BUCKETS: usize = 10;
/// A burst is judged over so many of them: 150 ms, libwebrtc's rate window.
const BURST_BUCKETS: i64 = 3;

/// Bytes per bucket of time; the newest bucket is still filling.
#[derive(Debug, Default)]
pub(super) struct Acked {
    bytes: [u32; BUCKETS + 1],
    /// First and newest bucket.
    range: Option<(i64, i64)>,
}

impl Acked {
    pub(super) fn add(&mut self, arrived: i64, bytes: u16) {
        let bucket = arrived.div_euclid(BUCKET_US);
        let (first, newest) = self.range.unwrap_or((bucket, bucket));
        if bucket + BUCKETS as i64 <= newest {
            return;
        }
        for passed in (newest + 1..=bucket).take(self.bytes.len()) {
            self.bytes[place(passed)] = 0;
        }
        self.bytes[place(bucket)] += u32::from(bytes);
        self.range = Some((first, newest.max(bucket)));
    }

    /// Bits per second, once there is enough to tell.
    pub(super) fn rate(&self) -> Option<f64> {
        self.over(BUCKETS as i64)
    }

    /// Bits per second just now, when they are more than over the whole time. While a queue grows
    /// this is what the path carries: a burst that made it grow, such as a key frame, may be
    /// shorter than half a second.
    pub(super) fn burst(&self) -> Option<f64> {
        Some(self.rate()?.max(self.over(BURST_BUCKETS)?))
    }

    /// Over the newest complete buckets.
    fn over(&self, buckets: i64) -> Option<f64> {
        let (first, newest) = self.range?;
        if newest - first < BUCKETS as i64 {
            return None;
        }
        let complete = newest - buckets..newest;
        let bytes: u32 = complete.map(|bucket| self.bytes[place(bucket)]).sum();
        Some(f64::from(bytes) * 8e6 / (buckets * BUCKET_US) as f64)
    }
}

fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64 + 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_found_and_a_fall_is_followed() {
        let mut acked = Acked::default();
        let mut at = -200_000;
        let mut feed = |acked: &mut Acked, kbps: i64, ms: i64| {
            for _ in 0..ms / 10 {
                at += 10_000;
                acked.add(at, (kbps * 10 / 8) as u16);
            }
        };
        feed(&mut acked, 2_000, 400);
        assert_eq!(acked.rate(), None);
        feed(&mut acked, 2_000, 1_600);
        assert_eq!(acked.rate(), Some(2e6));
        feed(&mut acked, 500, 600);
        assert_eq!(acked.rate(), Some(0.5e6));
        assert_eq!(acked.burst(), Some(0.5e6));
        feed(&mut acked, 4_000, 150);
        feed(&mut acked, 500, 10);
        let (whole, burst) = (acked.rate().unwrap(), acked.burst().unwrap());
        assert!((1.4e6..1.5e6).contains(&whole), "{whole}");
        assert!((3.7e6..3.8e6).contains(&burst), "{burst}");
        acked.add(1_000, 1_000);
        assert_eq!(acked.rate(), Some(whole), "too late to count");
        acked.add(60_000_000, 1_000);
        assert_eq!(acked.rate(), Some(0.0), "after a pause");
    }
}
