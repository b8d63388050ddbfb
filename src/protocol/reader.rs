//! Replies as they arrive: framed, checked, and gathered into segments that can be handed on without copying.

use super::reply::PartialCheck;
use super::segment::{SEGMENT_BYTES, Segment};
use super::{LINE_FEED, ReplyError, ReplyHead};

/// No more room is made for a long reply before it has come so far.
const MOST_EXPECTED_BYTES: usize = 4 * 1024 * 1024;

/// Reads replies out of whatever pieces they arrive in.
///
/// In turn: [`Self::push`] what was received, at most as much as there is [`Self::room`] for, and take every
/// [`Self::next_reply`]. It holds what has arrived, plus at most as much again as the reply that is arriving, or 4 MiB.
#[derive(Debug)]
pub struct ReplyReader {
    buffer: Vec<u8>,
    /// Where the segment under way begins.
    segment_start: usize,
    /// Where the first reply that `next_reply` has not yet given begins.
    reply_start: usize,
    /// Up to where that reply was searched for its end.
    searched: usize,
    /// Up to where it was checked, if it is a long one.
    check: PartialCheck,
    segments: Vec<Segment>,
    expected_bytes: usize,
    max_reply_bytes: usize,
}

impl ReplyReader {
    /// A reader which makes room for `expected_bytes` where a reply is longer than a segment, and refuses replies of more
    /// than `max_reply_bytes`, the line end not counted.
    pub fn new(expected_bytes: usize, max_reply_bytes: usize) -> Self {
        Self {
            expected_bytes,
            buffer: Vec::new(),
            segment_start: 0,
            reply_start: 0,
            searched: 0,
            check: PartialCheck::default(),
            segments: Vec::new(),
            max_reply_bytes,
        }
    }

    /// How much may be pushed next, after every reply that is there has been taken: never nothing, and at most
    /// [`SEGMENT_BYTES`].
    pub fn room(&mut self) -> usize {
        if self.buffer.len() >= SEGMENT_BYTES && self.reply_start > self.segment_start {
            self.cut_segment();
        }
        match SEGMENT_BYTES.checked_sub(self.buffer.len()) {
            Some(left) if left > 0 => left,
            _ => {
                // One byte past the limit is enough to see that a reply is too long.
                let enough =
                    self.reply_start.saturating_add(self.max_reply_bytes).saturating_add(1);
                enough.saturating_sub(self.buffer.len()).clamp(1, SEGMENT_BYTES)
            }
        }
    }

    /// Takes what was received.
    pub fn push(&mut self, bytes: &[u8]) {
        let needed = self.buffer.len() + bytes.len();
        // Most batches are received at once. Where one is not, there is more to come.
        if !self.buffer.is_empty() && needed > self.buffer.capacity() {
            let wanted = match needed <= SEGMENT_BYTES {
                true => SEGMENT_BYTES,
                false => self.expected_bytes.min(MOST_EXPECTED_BYTES).max(2 * self.buffer.len()),
            };
            self.buffer.reserve_exact(wanted.max(needed) - self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next reply, checked, and its line without the line end; `None` until the rest of it has been received.
    pub fn next_reply(&mut self) -> Result<Option<(ReplyHead, &[u8])>, ReplyError> {
        if self.buffer.len() > SEGMENT_BYTES && self.reply_start > self.segment_start {
            self.cut_segment();
        }
        let limit = self.max_reply_bytes;
        let found = memchr::memchr(LINE_FEED, &self.buffer[self.searched..]);
        let end = found.map_or(self.buffer.len(), |found| self.searched + found);
        self.searched = end;
        if end - self.reply_start > limit {
            return Err(ReplyError::TooLong { limit });
        }
        let line = &self.buffer[self.reply_start..end];
        if found.is_none() {
            // Of a long reply the server has more to send meanwhile.
            if line.len() >= SEGMENT_BYTES {
                self.check.go_on(line)?;
            }
            return Ok(None);
        }
        let head = std::mem::take(&mut self.check).finish(line)?;
        self.reply_start = end + 1;
        self.searched = self.reply_start;
        Ok(Some((head, line)))
    }

    /// Leaves all replies given so far out of the segments: they were the handshake's.
    pub fn forget_replies(&mut self) {
        self.segments.clear();
        self.segment_start = self.reply_start;
    }

    /// Whether bytes have been received behind the last reply given.
    pub fn has_more(&self) -> bool {
        self.reply_start < self.buffer.len()
    }

    /// The replies given so far, less the forgotten ones.
    pub fn into_segments(mut self) -> Vec<Segment> {
        if self.reply_start > self.segment_start {
            self.buffer.truncate(self.reply_start);
            self.segments.push(Segment::new(self.buffer, self.segment_start));
        }
        self.segments
    }

    /// Ends the segment under way behind the last reply given; what was received behind it moves to a new buffer.
    fn cut_segment(&mut self) {
        let rest = self.buffer[self.reply_start..].to_vec();
        self.searched -= self.reply_start;
        let mut cut = std::mem::replace(&mut self.buffer, rest);
        cut.truncate(self.reply_start);
        self.segments.push(Segment::new(cut, self.segment_start));
        self.segment_start = 0;
        self.reply_start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn feed(reader: &mut ReplyReader, mut bytes: &[u8]) -> Result<usize, ReplyError> {
        let mut replies = 0;
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(reader.room().min(bytes.len()));
            reader.push(piece);
            bytes = rest;
            while reader.next_reply()?.is_some() {
                replies += 1;
            }
        }
        Ok(replies)
    }

    fn reply(length: usize) -> Vec<u8> {
        let mut line = b"0\t1\t".to_vec();
        line.resize(length - 1, b'x');
        line.push(b'\n');
        line
    }

    #[test]
    fn segments_are_cut_at_reply_ends_and_hold_every_byte() {
        let stream: Vec<u8> = (0..5000).flat_map(|n| reply(5 + n % 97)).collect();
        let mut reader = ReplyReader::new(0, LIMIT);
        assert_eq!(feed(&mut reader, &stream), Ok(5000));
        let segments = reader.into_segments();
        assert!(segments.len() > 1);
        for segment in &segments {
            assert!(segment.bytes().len() <= SEGMENT_BYTES);
            assert_eq!(segment.bytes().last(), Some(&LINE_FEED));
        }
        assert_eq!(segments.iter().flat_map(|s| s.bytes()).copied().collect::<Vec<_>>(), stream);
    }

    #[test]
    fn a_long_reply_is_a_segment_of_its_own() {
        let stream: Vec<u8> =
            [100, 700_000, 100, 100, 65_537, 65_536, 10].into_iter().flat_map(reply).collect();
        let mut reader = ReplyReader::new(0, LIMIT);
        assert_eq!(feed(&mut reader, &stream), Ok(7));
        let segments = reader.into_segments();
        let sizes: Vec<_> = segments.iter().map(|s| s.bytes().len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), stream.len());
        assert!(sizes.contains(&700_000) && sizes.contains(&65_537), "{sizes:?}");
        for size in sizes {
            assert!([700_000, 65_537].contains(&size) || size <= SEGMENT_BYTES);
        }
    }

    #[test]
    fn a_reply_past_the_limit_is_refused_without_being_held() {
        for limit in [4, 100, SEGMENT_BYTES, 300_000] {
            let mut reader = ReplyReader::new(0, limit);
            assert_eq!(feed(&mut reader, &reply(limit + 1)), Ok(1), "exactly the limit: {limit}");

            let mut reader = ReplyReader::new(0, limit);
            assert_eq!(feed(&mut reader, &reply(limit + 2)), Err(ReplyError::TooLong { limit }));

            let mut reader = ReplyReader::new(0, limit);
            let mut endless = b"0\t1\t".to_vec();
            endless.resize(limit + SEGMENT_BYTES, b'x');
            assert_eq!(feed(&mut reader, &endless), Err(ReplyError::TooLong { limit }));
            assert!(reader.buffer.len() <= SEGMENT_BYTES.max(limit + 1));
        }
    }

    #[test]
    fn refuses_a_long_row_of_too_many_columns_before_its_end() {
        let mut reader = ReplyReader::new(0, usize::MAX);
        let mut endless = b"0\t4097\t".to_vec();
        endless.resize(SEGMENT_BYTES, b'x');
        let error = ReplyError::TooManyColumns { columns: 4097 };
        assert_eq!(feed(&mut reader, &endless), Err(error));
    }

    #[test]
    fn forgotten_replies_leave_no_trace() {
        let mut reader = ReplyReader::new(0, LIMIT);
        assert_eq!(feed(&mut reader, b"0\t1\n0\t1\n0"), Ok(2));
        reader.forget_replies();
        assert_eq!(feed(&mut reader, b"\t1\t\xff\n3"), Ok(1));
        assert!(reader.has_more());
        let segments = reader.into_segments();
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0].bytes(), b"0\t1\t\xff\n");
        assert!(!segments[0].is_ascii());
    }
}
