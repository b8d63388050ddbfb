//! Checks reply lines: `<error code> TAB <number of columns> [TAB <value>]…`.

use std::ops::Range;

use super::{ESCAPE, ESCAPE_OFFSET, FIRST_PLAIN, NULL, ReplyError, TAB};

/// The head of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    /// 0 for success.
    pub error_code: u32,
    /// The number of values in a row.
    pub columns: u32,
    /// The offset of the values in the line; the line's length if there are none.
    pub values_start: usize,
}

/// The most columns that a table of MariaDB has (`MAX_FIELDS` in sql/sql_const.h). A reader of
/// the rows allocates as many columns as a reply announces, so this bounds it.
pub const MAX_COLUMNS: u32 = 4096;

/// The digits of the largest number that fits. They bound the length of a reply's head.
const MAX_DIGITS: usize = 10;

/// Checks a reply line without its line end.
pub fn check_reply(line: &[u8]) -> Result<ReplyHead, ReplyError> {
    PartialCheck::default().finish(line)
}

/// The state of checking a line that is still arriving.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartialCheck {
    /// The end of the part that has been checked; 0 if the head has not been.
    checked: usize,
    /// The TABs behind the head in that part.
    tabs: usize,
}

impl PartialCheck {
    /// Checks as much as possible of a line whose end is missing. The line is longer at each call
    /// and holds its head already at the first.
    pub fn check_more(&mut self, line: &[u8]) -> Result<(), ReplyError> {
        let start = self.start(&read_head(line)?);
        // The meaning of the last byte can depend on the next one.
        let end = line.len() - 1;
        if start < end {
            self.tabs += check_values(line, start..end)?;
            self.checked = end;
        }
        Ok(())
    }

    /// Checks the rest of the line, which is now whole.
    pub fn finish(self, line: &[u8]) -> Result<ReplyHead, ReplyError> {
        let head = read_head(line)?;
        let values = match head.values_start > line.len() {
            true => 0,
            false => 1 + self.tabs + check_values(line, self.start(&head)..line.len())?,
        };
        let whole = match head.columns {
            0 => values == 0,
            columns => values.is_multiple_of(columns as usize),
        };
        if !whole {
            return Err(ReplyError::NoWholeRows { values, columns: head.columns });
        }
        Ok(ReplyHead { values_start: head.values_start.min(line.len()), ..head })
    }

    fn start(&self, head: &ReplyHead) -> usize {
        self.checked.max(head.values_start)
    }
}

/// Reads the head of a reply line. Without values, `values_start` is past the end of the line.
pub(super) fn read_head(line: &[u8]) -> Result<ReplyHead, ReplyError> {
    let (error_code, columns_start) = number(line, 0)?;
    if columns_start > line.len() {
        return Err(ReplyError::NoNumber { offset: line.len() });
    }
    let (columns, values_start) = number(line, columns_start)?;
    if columns > MAX_COLUMNS {
        return Err(ReplyError::TooManyColumns { columns });
    }
    Ok(ReplyHead { error_code, columns, values_start })
}

/// Reads the number at `start`, and returns it with the start of the next token, which is past the
/// end of the line if there is none.
fn number(line: &[u8], start: usize) -> Result<(u32, usize), ReplyError> {
    let digits = line[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = start + digits;
    let ended = line.get(end).is_none_or(|&byte| byte == TAB);
    line[start..end]
        .iter()
        .try_fold(0u32, |value, digit| value.checked_mul(10)?.checked_add(u32::from(digit - b'0')))
        .filter(|_| (1..=MAX_DIGITS).contains(&digits) && ended)
        .map(|value| (value, end + 1))
        .ok_or(ReplyError::NoNumber { offset: end })
}

/// Checks a part of a line's values and returns the number of TABs in it.
fn check_values(line: &[u8], part: Range<usize>) -> Result<usize, ReplyError> {
    let mut tabs = 0;
    for_each_control_byte(&line[part.clone()], |found| {
        let offset = part.start + found;
        let next = line.get(offset + 1).copied();
        match line[offset] {
            TAB => tabs += 1,
            // The first value too is preceded by a TAB.
            NULL if line[offset - 1] != TAB || next.is_some_and(|byte| byte != TAB) => {
                return Err(ReplyError::NulInside { offset });
            }
            ESCAPE if !next.is_some_and(is_escaped) => {
                return Err(ReplyError::BadEscape { offset });
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(tabs)
}

/// The number of eight-byte words without a control byte after which a long gap is assumed.
const LONG_GAP: usize = 4;
/// The bytes of a long gap that are checked at once.
const BLOCK: usize = 64;

/// Calls `visit` with the offset of each byte below [`FIRST_PLAIN`]. It checks eight bytes at once:
/// such bytes are close together in rows of short values, for which `memchr`, made for long gaps,
/// takes twice the time.
#[inline]
fn for_each_control_byte<E>(
    bytes: &[u8],
    mut visit: impl FnMut(usize) -> Result<(), E>,
) -> Result<(), E> {
    let mut start = 0;
    let mut gap = 0;
    while let Some(eight) = bytes[start..].first_chunk() {
        let mut found = control_bytes(u64::from_le_bytes(*eight));
        gap = if found == 0 { gap + 1 } else { 0 };
        while found != 0 {
            visit(start + found.trailing_zeros() as usize / 8)?;
            found &= found - 1;
        }
        start += eight.len();
        if gap == LONG_GAP {
            start += gap_length(&bytes[start..]);
            gap = 0;
        }
    }
    for (offset, &byte) in bytes.iter().enumerate().skip(start) {
        if byte < FIRST_PLAIN {
            visit(offset)?;
        }
    }
    Ok(())
}

/// The length of the whole blocks at the start that contain no control byte.
fn gap_length(bytes: &[u8]) -> usize {
    let is_plain =
        |block: &[u8]| block.iter().fold(u8::MAX, |least, &byte| least.min(byte)) >= FIRST_PLAIN;
    BLOCK * bytes.chunks_exact(BLOCK).take_while(|block| is_plain(block)).count()
}

/// Sets the high bit of each byte that is below [`FIRST_PLAIN`], and no other bit.
fn control_bytes(bytes: u64) -> u64 {
    // Carries the low bits of a byte that is not below it into its high bit, and never into the
    // next byte.
    const CARRY: u64 = EACH_BYTE * (0x80 - FIRST_PLAIN as u64);
    !(((bytes & LOW_BITS) + CARRY) | bytes) & !LOW_BITS
}

const EACH_BYTE: u64 = 0x0101_0101_0101_0101;
const LOW_BITS: u64 = EACH_BYTE * 0x7f;

/// The values of whole rows of a checked reply, still escaped; `None` is SQL NULL.
pub fn values_of(rows: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut start = 0;
    let ends = memchr::memchr_iter(TAB, rows).chain([rows.len()]);
    ends.map(move |end| {
        let value = &rows[start..end];
        start = end + 1;
        (value != [NULL]).then_some(value)
    })
}

/// The length of a value of a checked reply without its escapes.
pub fn unescaped_length(value: &[u8]) -> usize {
    value.len() - memchr::memchr_iter(ESCAPE, value).count()
}

/// Writes a value of a checked reply without its escapes to the front of `bytes` and returns its
/// length.
///
/// # Panics
/// If `bytes` is too short, or an escape lacks its second byte.
pub fn unescape(value: &[u8], bytes: &mut [u8]) -> usize {
    let mut end = 0;
    let mut offset = 0;
    let (groups, rest) = value.as_chunks::<GROUP>();
    for group in groups {
        // A processor with vector instructions does this by one comparison, so the whole group is
        // checked first.
        let has_escape = group.iter().fold(false, |found, &byte| found | (byte == ESCAPE));
        let space = &mut bytes[end..];
        if has_escape || offset != 0 {
            end += unescape_group(group, space, &mut offset);
        } else {
            space[..GROUP].copy_from_slice(group);
            end += GROUP;
        }
    }
    end += unescape_group(rest, &mut bytes[end..], &mut offset);
    assert_eq!(offset, 0, "an escape has a second byte");
    end
}

/// The bytes that are copied at once if none of them is an escape.
const GROUP: usize = 16;

/// Unescapes a group. `offset` is subtracted from the first byte, and holds afterwards what to
/// subtract from the byte that follows the group.
fn unescape_group(group: &[u8], space: &mut [u8], offset: &mut u8) -> usize {
    let mut end = 0;
    // This loop has no branch, because no processor can predict where the escapes are.
    for &byte in group {
        let is_escape = byte == ESCAPE;
        space[end] = byte.wrapping_sub(*offset);
        *offset = u8::from(is_escape) * ESCAPE_OFFSET;
        end += usize::from(!is_escape);
    }
    end
}

fn is_escaped(byte: u8) -> bool {
    (ESCAPE_OFFSET..ESCAPE_OFFSET + FIRST_PLAIN).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(error_code: u32, columns: u32, values_start: usize) -> Result<ReplyHead, ReplyError> {
        Ok(ReplyHead { error_code, columns, values_start })
    }

    #[test]
    fn reads_the_head_of_valid_replies() {
        assert_eq!(check_reply(b"0\t1"), head(0, 1, 3));
        assert_eq!(check_reply(b"0\t0"), head(0, 0, 3));
        assert_eq!(check_reply(b"0\t1\t"), head(0, 1, 4));
        assert_eq!(check_reply(b"0\t2\t\0\ta\x01@"), head(0, 2, 4));
        assert_eq!(check_reply(b"0\t2\t\0\t\0"), head(0, 2, 4));
        assert_eq!(check_reply(b"2\t1\tstmtnum"), head(2, 1, 4));
        assert_eq!(check_reply(b"0\t4096"), head(0, 4096, 6));
        assert_eq!(
            check_reply(b"4294967295\t10\t1\t2\t3\t4\t5\t6\t7\t8\t9\t"),
            head(4294967295, 10, 14)
        );
    }

    fn control_byte_places(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        let visited = for_each_control_byte(bytes, |place| {
            places.push(place);
            Ok::<(), ()>(())
        });
        assert_eq!(visited, Ok(()));
        places
    }

    #[test]
    fn finds_control_bytes_at_any_offset() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = [0x10, 0xff, 0x8f, 0x0f].repeat(10);
                    bytes.truncate(length);
                    bytes[at] = byte;
                    let expected: Vec<_> = (0..length).filter(|&i| bytes[i] < 0x10).collect();
                    assert_eq!(control_byte_places(&bytes), expected);
                }
            }
        }
        for gap in 0..400 {
            let bytes = [vec![0x10; gap], vec![TAB], vec![0xff; gap], vec![NULL, ESCAPE]].concat();
            let expected = [gap, 2 * gap + 1, 2 * gap + 2];
            assert_eq!(control_byte_places(&bytes), expected);
        }
    }

    #[test]
    fn unescapes_values() {
        for (value, bytes) in [
            (&b""[..], &b""[..]),
            (b"plain", b"plain"),
            (b"\x01@\x01O", b"\x00\x0f"),
            (b"a\x01Ab\x01Jc", b"a\x01b\nc"),
            (
                b"\x02\x00\x81\xffeight...\x01A\x01A\x01A\x01A12",
                b"\x02\x00\x81\xffeight...\x01\x01\x01\x0112",
            ),
            (b"seven..\x01@seven..\x01Oseven..", b"seven..\x00seven..\x0fseven.."),
        ] {
            let mut space = vec![0; value.len()];
            let end = unescape(value, &mut space);
            assert_eq!(&space[..end], bytes);
        }
    }

    #[test]
    fn splits_rows_into_values() {
        for (rows, values) in [
            (&b""[..], &[Some(&b""[..])][..]),
            (b"a", &[Some(b"a")]),
            (b"\0", &[None]),
            (b"a\t\0\t\tb\x01I", &[Some(b"a"), None, Some(b""), Some(b"b\x01I")]),
            (b"\t", &[Some(b""), Some(b"")]),
        ] {
            assert_eq!(values_of(rows).collect::<Vec<_>>(), values);
        }
        assert_eq!(unescaped_length(b"b\x01I\x01@"), 3);
        assert_eq!(unescape(b"0123456789\x01A\x01B\x01C\x01D", &mut [0; 14]), 14);
    }

    #[test]
    fn rejects_malformed_replies() {
        use ReplyError::*;
        for (line, error) in [
            (&b""[..], NoNumber { offset: 0 }),
            (b"x", NoNumber { offset: 0 }),
            (b"0", NoNumber { offset: 1 }),
            (b"0\t", NoNumber { offset: 2 }),
            (b"0x\t1", NoNumber { offset: 1 }),
            (b"-1\t1", NoNumber { offset: 0 }),
            (b"4294967296\t1", NoNumber { offset: 10 }),
            (b"0\t1x", NoNumber { offset: 3 }),
            (b"00000000000\t1", NoNumber { offset: 11 }),
            (b"0\t00000000001\tx", NoNumber { offset: 13 }),
            (b"0\t1\ta\x01", BadEscape { offset: 5 }),
            (b"0\t1\t\x01\x3f", BadEscape { offset: 4 }),
            (b"0\t1\t\x01\x50", BadEscape { offset: 4 }),
            (b"0\t1\ta\0", NulInside { offset: 5 }),
            (b"0\t1\t\0a", NulInside { offset: 4 }),
            (b"0\t1\t\0\0", NulInside { offset: 4 }),
            (b"0\t0\t", NoWholeRows { values: 1, columns: 0 }),
            (b"0\t2\ta", NoWholeRows { values: 1, columns: 2 }),
            (b"0\t2\ta\tb\tc", NoWholeRows { values: 3, columns: 2 }),
            (b"0\t4097", TooManyColumns { columns: 4097 }),
            (b"0\t4294967295\ta", TooManyColumns { columns: 4294967295 }),
        ] {
            assert_eq!(check_reply(line), Err(error), "{}", line.escape_ascii());
        }
    }
}
