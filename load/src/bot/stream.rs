//! What one stream should have brought and what it did, by its sequence numbers.

/// One stream of a viewer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    /// Its SSRC.
    pub ssrc: u32,
    first: u64,
    last: u64,
    /// Packets that came.
    pub received: u64,
}

impl Stream {
    /// Begins at its first packet.
    pub(crate) fn new(ssrc: u32, seq: u16) -> Stream {
        let first = 1 << 32 | u64::from(seq);
        Stream {
            ssrc,
            first,
            last: first,
            received: 1,
        }
    }

    /// Counts a packet; returns by how many the expected ones grew.
    pub(crate) fn count(&mut self, seq: u16) -> u64 {
        let before = self.expected();
        let step = seq.wrapping_sub(self.last as u16) as i16;
        let seq = self.last.wrapping_add_signed(step.into());
        self.first = self.first.min(seq);
        self.last = self.last.max(seq);
        self.received += 1;
        self.expected() - before
    }

    /// Packets between the first and the last.
    pub(crate) fn expected(&self) -> u64 {
        self.last - self.first + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_wraps_are_counted() {
        let mut stream = Stream::new(7, 65_534);
        let grown: u64 = [65_535, 1, 0, 4].map(|seq| stream.count(seq)).iter().sum();
        assert_eq!((stream.expected(), stream.received, grown), (7, 5, 6));
    }
}
