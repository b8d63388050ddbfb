//! Replies that have arrived, in the pieces in which they are handed on.

use super::reply::read_head;
use super::{LINE_FEED, TAB};

/// The size that segments are cut to. Small enough that a program which keeps one field of a large result keeps no more
/// than this of it (a JavaScript string that was sliced keeps the whole it was sliced from), large enough that the
/// cost of handing one over is spread over hundreds of rows.
pub const SEGMENT_BYTES: usize = 64 * 1024;

/// From this length on, to know how many rows a reply has saves more than it takes to tell.
const LONG_REPLY_BYTES: usize = 16 * 1024;

/// Whole replies, each with its line end. Longer than [`SEGMENT_BYTES`] only if it is one single reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    bytes: Vec<u8>,
    is_ascii: bool,
}

impl Segment {
    pub(super) fn new(mut buffer: Vec<u8>, start: usize) -> Self {
        buffer.drain(..start);
        // A buffer doubles, so that up to half of a large one may be unused when it is handed on and copied.
        if buffer.capacity() - buffer.len() > SEGMENT_BYTES {
            buffer.shrink_to_fit();
        }
        let is_ascii = buffer.is_ascii();
        Self { bytes: buffer, is_ascii }
    }

    /// The replies as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether all bytes are below 0x80.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// The one reply in it, if it is a long one, in parts.
    pub fn long_reply(&self) -> Option<LongReply<'_>> {
        let (_, line) = self.bytes.split_last()?;
        if self.bytes.len() < LONG_REPLY_BYTES || memchr::memchr(LINE_FEED, line).is_some() {
            return None;
        }
        let head = read_head(line).expect("a segment holds replies that were checked");
        let values = &line[head.values_start..];
        let (rows, parts) = cut_at_rows(values, head.columns as usize);
        Some(LongReply { head: &line[..head.values_start - 1], rows, parts })
    }
}

/// A reply of several KiB that is alone in its segment, or longer than one.
#[derive(Debug, PartialEq, Eq)]
pub struct LongReply<'a> {
    /// The error code and the number of columns.
    pub head: &'a [u8],
    /// How many rows it has.
    pub rows: usize,
    /// Its values in parts of whole rows, without the TABs between the parts. A part is longer than [`SEGMENT_BYTES`]
    /// only if it is one single row.
    pub parts: Vec<&'a [u8]>,
}

/// Cuts whole rows of values into parts, and counts the rows.
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

/// Where the last row ends that does so within a segment's size, or the first row if it is longer; and how many rows end
/// up to there.
fn last_row_end(values: &[u8], columns: usize) -> (usize, usize) {
    let within = &values[..=SEGMENT_BYTES];
    let tabs = count_tabs(within);
    match tabs / columns {
        0 => (memchr::memchr_iter(TAB, values).nth(columns - 1).unwrap_or(values.len()), 1),
        rows => {
            let end = memchr::memrchr_iter(TAB, within).nth(tabs % columns);
            (end.expect("there are more TABs than columns"), rows)
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
    fn a_short_reply_and_one_beside_others_have_no_parts() {
        let value = vec![b'x'; LONG_REPLY_BYTES - b"0\t1\t\n".len()];
        let long = long_reply(1, &[&value]);
        assert_eq!(long.long_reply().expect("it is long").parts, [&value[..]]);
        assert_eq!(long_reply(1, &[&value[1..]]).long_reply(), None);
        let two = Segment::new([b"0\t1\n", long.bytes()].concat(), 0);
        assert_eq!(two.long_reply(), None);
        assert_eq!(Segment::new(Vec::new(), 0).long_reply(), None);
    }

    #[test]
    fn parts_are_whole_rows_and_hold_every_value() {
        for (columns, rows, length) in
            [(1, 9000, 10), (3, 5000, 7), (7, 12_000, 1), (2, 3, 100_000)]
        {
            let value = vec![b'x'; length];
            let values = vec![&value[..]; columns * rows];
            let segment = long_reply(columns, &values);
            let long = segment.long_reply().expect("it is long");
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
    fn a_part_is_as_long_as_may_be() {
        let fits = vec![b'x'; SEGMENT_BYTES / 2];
        let (first, second) = (&fits[..], &fits[1..]);
        let segment = long_reply(1, &[first, second, b"y"]);
        let parts = segment.long_reply().expect("it is long").parts;
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [SEGMENT_BYTES, 1]);
    }

    #[test]
    fn a_long_row_stands_alone_wherever_it_is() {
        let long = vec![b'x'; 2 * SEGMENT_BYTES];
        for values in [[&b"a"[..], b"b", &long, b"c"], [&long, b"a", b"b", b"c"]] {
            let segment = long_reply(2, &values);
            let reply = segment.long_reply().expect("it is long");
            assert_eq!((reply.rows, reply.parts.len()), (2, 2));
        }
        let segment = long_reply(1, &[b"a", &long]);
        assert_eq!(segment.long_reply().expect("it is long").parts, [b"a", &long[..]]);
    }
}
