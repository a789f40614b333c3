//! The rate at which packets arrive, over the last half second of the viewer's clock
//! (draft-ietf-rmcat-gcc-02 §5.5 takes 0.5 to 1 s).

const BUCKET_US: i64 = 50_000;
const BUCKETS: usize = 10;

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
        let (first, newest) = self.range?;
        if newest - first < BUCKETS as i64 {
            return None;
        }
        let filling = self.bytes[place(newest)];
        let complete = self.bytes.iter().sum::<u32>() - filling;
        Some(f64::from(complete) * 8e6 / (BUCKETS as f64 * BUCKET_US as f64))
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
        acked.add(1_000, 1_000);
        assert_eq!(acked.rate(), Some(0.5e6), "too late to count");
        acked.add(60_000_000, 1_000);
        assert_eq!(acked.rate(), Some(0.0), "after a pause");
    }
}
