//! Segments: the pieces in which received replies are passed on.

use super::reply::read_head;
use super::{LINE_FEED, TAB};

/// The size of a segment. It is small, so that a program which keeps one field of a large result
/// keeps no more than this of it (JavaScript keeps the whole of a string of which a slice is in
/// use), and large enough to spread the cost of passing one on over hundreds of rows.
pub const SEGMENT_BYTES: usize = 64 * 1024;

/// The length from which a reply is passed on with its number of rows: from there on that saves
/// more than it costs.
const LONG_REPLY_BYTES: usize = 16 * 1024;

/// Whole replies with their line ends. A segment is longer than [`SEGMENT_BYTES`] only if it is a
/// single reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    bytes: Vec<u8>,
    is_ascii: bool,
}

impl Segment {
    pub(super) fn new(mut buffer: Vec<u8>, start: usize) -> Self {
        buffer.drain(..start);
        // A vector doubles when it grows, so up to half of it can be unused while the segment waits
        // to be copied.
        if buffer.capacity() - buffer.len() > SEGMENT_BYTES {
            buffer.shrink_to_fit();
        }
        let is_ascii = buffer.is_ascii();
        Self { bytes: buffer, is_ascii }
    }

    /// The replies as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether all bytes are below 0x80.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// The segment's reply in parts, if it holds a single long one.
    pub fn long_reply(&self) -> Option<LongReply<'_>> {
        let (_, line) = self.bytes.split_last()?;
        if self.bytes.len() < LONG_REPLY_BYTES || memchr::memchr(LINE_FEED, line).is_some() {
            return None;
        }
        let head = read_head(line).expect("a segment holds checked replies");
        let values = &line[head.values_start..];
        let (rows, parts) = cut_at_rows(values, head.columns as usize);
        Some(LongReply { head: &line[..head.values_start - 1], rows, parts })
    }
}

/// A reply of at least 16 KiB that is alone in its segment.
#[derive(Debug, PartialEq, Eq)]
pub struct LongReply<'a> {
    /// The error code and the number of columns.
    pub head: &'a [u8],
    /// The number of rows.
    pub rows: usize,
    /// The values in parts of whole rows, without the TABs between the parts. A part is longer than
    /// [`SEGMENT_BYTES`] only if it is a single row.
    pub parts: Vec<&'a [u8]>,
}

/// Splits the values into parts of whole rows, and counts the rows.
fn cut_at_rows(values: &[u8], columns: usize) -> (usize, Vec<&[u8]>) {
    let mut rows = 0;
    let mut parts = Vec::with_capacity(values.len() / SEGMENT_BYTES + 1);
    let mut rest = values;
    while rest.len() > SEGMENT_BYTES {
        let (end, rows_before) = last_row_end(rest, columns);
        rows += rows_before;
        parts.push(&rest[..end]);
        match rest.get(end + 1..) {
            Some(behind) => rest = behind,
            None => return (rows, parts),
        }
    }
    rows += (count_tabs(rest) + 1) / columns;
    parts.push(rest);
    (rows, parts)
}

/// The end of the last row that ends within [`SEGMENT_BYTES`], or of the first row if that is
/// longer, and the number of rows up to there.
fn last_row_end(values: &[u8], columns: usize) -> (usize, usize) {
    let within = &values[..=SEGMENT_BYTES];
    let tabs = count_tabs(within);
    match tabs / columns {
        0 => (memchr::memchr_iter(TAB, values).nth(columns - 1).unwrap_or(values.len()), 1),
        rows => {
            let end = memchr::memrchr_iter(TAB, within).nth(tabs % columns);
            (end.expect("there are at least as many TABs as columns"), rows)
        }
    }
}

fn count_tabs(bytes: &[u8]) -> usize {
    memchr::memchr_iter(TAB, bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_reply(columns: usize, values: &[&[u8]]) -> Segment {
        let line = [format!("0\t{columns}\t").as_bytes(), &values.join(&TAB), b"\n"].concat();
        Segment::new(line, 0)
    }

    #[test]
    fn splits_only_a_long_reply_that_is_alone() {
        let value = vec![b'x'; LONG_REPLY_BYTES - b"0\t1\t\n".len()];
        let long = long_reply(1, &[&value]);
        assert_eq!(long.long_reply().expect("the reply is long").parts, [&value[..]]);
        assert_eq!(long_reply(1, &[&value[1..]]).long_reply(), None);
        let two = Segment::new([b"0\t1\n", long.bytes()].concat(), 0);
        assert_eq!(two.long_reply(), None);
        assert_eq!(Segment::new(Vec::new(), 0).long_reply(), None);
    }

    #[test]
    fn splits_into_whole_rows_and_keeps_every_value() {
        for (columns, rows, length) in
            [(1, 9000, 10), (3, 5000, 7), (7, 12_000, 1), (2, 3, 100_000)]
        {
            let value = vec![b'x'; length];
            let values = vec![&value[..]; columns * rows];
            let segment = long_reply(columns, &values);
            let long = segment.long_reply().expect("the reply is long");
            assert_eq!(long.head, format!("0\t{columns}").as_bytes());
            assert_eq!(long.rows, rows);
            assert_eq!(long.parts.join(&TAB), values.join(&TAB));
            for part in long.parts {
                let tabs = count_tabs(part);
                assert_eq!((tabs + 1) % columns, 0);
                assert!(part.len() <= SEGMENT_BYTES || tabs + 1 == columns);
            }
        }
    }

    #[test]
    fn fills_each_part_up_to_the_limit() {
        let fits = vec![b'x'; SEGMENT_BYTES / 2];
        let (first, second) = (&fits[..], &fits[1..]);
        let segment = long_reply(1, &[first, second, b"y"]);
        let parts = segment.long_reply().expect("the reply is long").parts;
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [SEGMENT_BYTES, 1]);
    }

    #[test]
    fn puts_a_long_row_into_a_part_of_its_own() {
        let long = vec![b'x'; 2 * SEGMENT_BYTES];
        for values in [[&b"a"[..], b"b", &long, b"c"], [&long, b"a", b"b", b"c"]] {
            let segment = long_reply(2, &values);
            let reply = segment.long_reply().expect("the reply is long");
            assert_eq!((reply.rows, reply.parts.len()), (2, 2));
        }
        let segment = long_reply(1, &[b"a", &long]);
        assert_eq!(segment.long_reply().expect("the reply is long").parts, [b"a", &long[..]]);
    }
}
