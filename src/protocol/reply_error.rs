//! What makes a line no reply.

use super::MAX_COLUMNS;

/// Why a line is no reply. It holds no part of the line, since a peer that echoes would put a secret there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The error code or the number of columns is no number.
    #[error("no number where one has to stand (byte {offset})")]
    NoNumber {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// 0x01 is followed by something else than 0x40 to 0x4f.
    #[error("a broken escape (byte {offset})")]
    BadEscape {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// 0x00 stands inside a longer value.
    #[error("a NUL inside a value (byte {offset})")]
    NulInside {
        /// Where in the line, in bytes.
        offset: usize,
    },
    /// The reply announces rows of more columns than [`super::MAX_COLUMNS`].
    #[error("rows of {columns} columns, where {} is the most", MAX_COLUMNS)]
    TooManyColumns {
        /// How many it says make a row.
        columns: u32,
    },
    /// The values do not make whole rows.
    #[error("{values} values do not make rows of {columns} columns")]
    NoWholeRows {
        /// How many values the reply has.
        values: usize,
        /// How many it says make a row.
        columns: u32,
    },
    /// The reply is longer than the connection allows.
    #[error("longer than the {limit} bytes that maxReplyBytes allows")]
    TooLong {
        /// In bytes, without the line end.
        limit: usize,
    },
    /// The peer sent more than the commands ask for.
    #[error("it came without a command that asks for it")]
    Unasked,
}
