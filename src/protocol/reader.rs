//! Frames and checks replies as they arrive, and collects them in segments that are passed on
//! without a copy.

use super::reply::PartialCheck;
use super::segment::{SEGMENT_BYTES, Segment};
use super::{LINE_FEED, ReplyError, ReplyHead};

/// The most memory that is reserved for a long reply before more of it has arrived.
const MAX_EXPECTED_BYTES: usize = 4 * 1024 * 1024;

/// Reads replies from whatever pieces they arrive in.
///
/// The caller repeats: receive at most [`Self::room`] bytes, [`Self::push`] them, call
/// [`Self::next_reply`] until it returns `None`. At the end [`Self::into_segments`] returns all
/// replies.
///
/// ```text
///              ┌── the current segment ──┐┌── the reply that is arriving ──┐
///   segments │ buffer: ....reply\nreply\n  0\t1\tval...
///              ▲                           ▲                   ▲
///              segment_start               reply_start         searched
/// ```
///
/// The reader holds the bytes that have arrived, plus at most the size of the reply that is
/// arriving, or 4 MiB.
#[derive(Debug)]
pub struct ReplyReader {
    buffer: Vec<u8>,
    /// The start of the current segment.
    segment_start: usize,
    /// The start of the first reply that `next_reply` has not returned.
    reply_start: usize,
    /// The end of the part of that reply that was searched for a line end.
    searched: usize,
    /// The state of the check of that reply, if it is a long one.
    check: PartialCheck,
    segments: Vec<Segment>,
    expected_bytes: usize,
    max_reply_bytes: usize,
}

impl ReplyReader {
    /// Makes a reader that reserves `expected_bytes` for a reply that is longer than a segment, and
    /// refuses replies of more than `max_reply_bytes`, not counting the line end.
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

    /// The number of bytes that may be pushed next, once `next_reply` has returned `None`: 1 to
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

    /// Takes received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let needed = self.buffer.len() + bytes.len();
        // Reserve more only if the replies arrive in parts. Most batches get theirs at once.
        if !self.buffer.is_empty() && needed > self.buffer.capacity() {
            let wanted = match needed <= SEGMENT_BYTES {
                true => SEGMENT_BYTES,
                false => self.expected_bytes.min(MAX_EXPECTED_BYTES).max(2 * self.buffer.len()),
            };
            self.buffer.reserve_exact(wanted.max(needed) - self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next reply, checked, and its line without the line end; `None` until the rest of
    /// it has been pushed.
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
            // Check a long reply while the server is still sending the rest of it.
            if line.len() >= SEGMENT_BYTES {
                self.check.check_more(line)?;
            }
            return Ok(None);
        }
        let head = std::mem::take(&mut self.check).finish(line)?;
        self.reply_start = end + 1;
        self.searched = self.reply_start;
        Ok(Some((head, line)))
    }

    /// Leaves all replies so far out of the segments, as those of the handshake.
    pub fn discard_replies(&mut self) {
        self.segments.clear();
        self.segment_start = self.reply_start;
    }

    /// Whether there are bytes behind the last reply that was returned.
    pub fn has_more(&self) -> bool {
        self.reply_start < self.buffer.len()
    }

    /// The replies that were returned and not discarded.
    pub fn into_segments(mut self) -> Vec<Segment> {
        if self.reply_start > self.segment_start {
            self.buffer.truncate(self.reply_start);
            self.segments.push(Segment::new(self.buffer, self.segment_start));
        }
        self.segments
    }

    /// Ends the current segment behind the last reply that was returned, and moves the bytes behind
    /// it to a new buffer.
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
    fn ends_segments_at_replies_and_keeps_every_byte() {
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
    fn puts_a_long_reply_into_a_segment_of_its_own() {
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
    fn rejects_a_reply_past_the_limit_without_buffering_it() {
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
    fn rejects_too_many_columns_before_the_end_of_a_long_reply() {
        let mut reader = ReplyReader::new(0, usize::MAX);
        let mut endless = b"0\t4097\t".to_vec();
        endless.resize(SEGMENT_BYTES, b'x');
        let error = ReplyError::TooManyColumns { columns: 4097 };
        assert_eq!(feed(&mut reader, &endless), Err(error));
    }

    #[test]
    fn leaves_discarded_replies_out_of_the_segments() {
        let mut reader = ReplyReader::new(0, LIMIT);
        assert_eq!(feed(&mut reader, b"0\t1\n0\t1\n0"), Ok(2));
        reader.discard_replies();
        assert_eq!(feed(&mut reader, b"\t1\t\xff\n3"), Ok(1));
        assert!(reader.has_more());
        let segments = reader.into_segments();
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0].bytes(), b"0\t1\t\xff\n");
        assert!(!segments[0].is_ascii());
    }
}
