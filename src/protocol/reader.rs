//! Replies as they arrive: framed, checked, and gathered into segments that can be handed on without copying.

use super::segment::{SEGMENT_BYTES, Segment};
use super::{LINE_FEED, ReplyError, ReplyHead, check_reply};

/// How much room is made at first for each reply that is expected, so that most batches are received at once.
const ROOM_FOR_A_REPLY: usize = 128;
const MIN_FIRST_BUFFER_BYTES: usize = 1024;

/// Reads replies out of whatever pieces they arrive in.
///
/// In turn: fill [`Self::space`], say how much with [`Self::received`], take every [`Self::next_reply`]. It holds what
/// has arrived, plus at most as much again as the reply that is arriving.
#[derive(Debug)]
pub struct ReplyReader {
    /// Zero-filled up to its length; `filled` bytes of it have been received.
    buffer: Vec<u8>,
    filled: usize,
    /// Where the segment under way begins.
    segment_start: usize,
    /// Where the first reply that `next_reply` has not yet given begins.
    reply_start: usize,
    /// Up to where that reply was searched for its end.
    searched: usize,
    segments: Vec<Segment>,
    first_buffer_bytes: usize,
    max_reply_bytes: usize,
}

impl ReplyReader {
    /// A reader of about `expected` replies, which refuses those of more than `max_reply_bytes`, the line end not counted.
    pub fn new(expected: usize, max_reply_bytes: usize) -> Self {
        let room = expected.saturating_mul(ROOM_FOR_A_REPLY);
        Self {
            first_buffer_bytes: room.clamp(MIN_FIRST_BUFFER_BYTES, SEGMENT_BYTES),
            buffer: Vec::new(),
            filled: 0,
            segment_start: 0,
            reply_start: 0,
            searched: 0,
            segments: Vec::new(),
            max_reply_bytes,
        }
    }

    /// Room for what is received next: never empty, and at most [`SEGMENT_BYTES`].
    pub fn space(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.make_space();
        }
        let end = self.buffer.len().min(self.filled + SEGMENT_BYTES);
        &mut self.buffer[self.filled..end]
    }

    /// The first `count` bytes of [`Self::space`] have been filled.
    pub fn received(&mut self, count: usize) {
        assert!(count <= self.buffer.len() - self.filled, "more was received than there was space");
        self.filled += count;
    }

    /// The next reply, checked, and its line without the line end; `None` until the rest of it has been received.
    pub fn next_reply(&mut self) -> Result<Option<(ReplyHead, &[u8])>, ReplyError> {
        if self.buffer.len() > SEGMENT_BYTES && self.reply_start > self.segment_start {
            self.cut_segment();
        }
        let limit = self.max_reply_bytes;
        let found = memchr::memchr(LINE_FEED, &self.buffer[self.searched..self.filled]);
        let end = found.map_or(self.filled, |found| self.searched + found);
        self.searched = end;
        if end - self.reply_start > limit {
            return Err(ReplyError::TooLong { limit });
        }
        if found.is_none() {
            return Ok(None);
        }
        let line = &self.buffer[self.reply_start..end];
        let head = check_reply(line)?;
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
        self.reply_start < self.filled
    }

    /// The replies given so far, less the forgotten ones.
    pub fn into_segments(mut self) -> Vec<Segment> {
        if self.reply_start > self.segment_start {
            self.buffer.truncate(self.reply_start);
            self.segments.push(Segment::new(self.buffer, self.segment_start));
        }
        self.segments
    }

    fn make_space(&mut self) {
        let length = self.buffer.len();
        if length < SEGMENT_BYTES {
            self.buffer.resize((length * 4).clamp(self.first_buffer_bytes, SEGMENT_BYTES), 0);
        } else if self.reply_start > self.segment_start {
            self.cut_segment();
        } else {
            // One byte past the limit is enough to see that a reply is too long.
            let enough = self.reply_start.saturating_add(self.max_reply_bytes).saturating_add(1);
            self.buffer.resize((length * 2).min(enough).max(length + 1), 0);
        }
    }

    /// Ends the segment under way behind the last reply given; what was received behind it moves to a new buffer.
    fn cut_segment(&mut self) {
        let rest = &self.buffer[self.reply_start..self.filled];
        let mut buffer = vec![0; SEGMENT_BYTES.max(rest.len() + 1)];
        buffer[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
        self.searched -= self.reply_start;
        let mut cut = std::mem::replace(&mut self.buffer, buffer);
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
            let space = reader.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            reader.received(count);
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
        let mut reader = ReplyReader::new(1, LIMIT);
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
        let mut reader = ReplyReader::new(1, LIMIT);
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
            let mut reader = ReplyReader::new(1, limit);
            assert_eq!(feed(&mut reader, &reply(limit + 1)), Ok(1), "exactly the limit: {limit}");

            let mut reader = ReplyReader::new(1, limit);
            assert_eq!(feed(&mut reader, &reply(limit + 2)), Err(ReplyError::TooLong { limit }));

            let mut reader = ReplyReader::new(1, limit);
            let endless = vec![b'0'; limit + SEGMENT_BYTES];
            assert_eq!(feed(&mut reader, &endless), Err(ReplyError::TooLong { limit }));
            assert!(reader.buffer.len() <= SEGMENT_BYTES.max(limit + 1));
        }
    }

    #[test]
    fn forgotten_replies_leave_no_trace() {
        let mut reader = ReplyReader::new(1, LIMIT);
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
