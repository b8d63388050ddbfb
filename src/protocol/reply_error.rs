//! What makes a line no reply.

use std::error::Error;
use std::fmt;

use super::MAX_COLUMNS;

/// Why a line is no reply. It holds no part of the line, since a peer that echoes would put a secret there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// The error code or the number of columns is no number.
    NoNumber {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// 0x01 is followed by something else than 0x40 to 0x4f.
    BadEscape {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// 0x00 stands inside a longer value.
    NulInside {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// The reply announces rows of more columns than [`MAX_COLUMNS`](super::MAX_COLUMNS).
    TooManyColumns {
        /// How many it says make a row.
        columns: u32,
    },
    /// The values do not make whole rows.
    NoWholeRows {
        /// How many values the reply has.
        values: usize,
        /// How many it says make a row.
        columns: u32,
    },
    /// The reply is longer than the connection allows.
    TooLong {
        /// In bytes, without the line end.
        limit: usize,
    },
    /// The peer sent more than the commands ask for.
    Unasked,
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplyError::NoNumber { offset } => {
                write!(f, "no number where one has to stand (byte {offset})")
            }
            ReplyError::BadEscape { offset } => write!(f, "a broken escape (byte {offset})"),
            ReplyError::NulInside { offset } => write!(f, "a NUL inside a value (byte {offset})"),
            ReplyError::TooManyColumns { columns } => {
                write!(f, "rows of {columns} columns, where {MAX_COLUMNS} is the most")
            }
            ReplyError::NoWholeRows { values, columns } => {
                write!(f, "{values} values do not make rows of {columns} columns")
            }
            ReplyError::TooLong { limit } => {
                write!(f, "longer than the {limit} bytes that maxReplyBytes allows")
            }
            ReplyError::Unasked => f.write_str("it came without a command that asks for it"),
        }
    }
}

impl Error for ReplyError {}
