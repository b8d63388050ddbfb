//! The errors of malformed replies.

use super::MAX_COLUMNS;

/// The reason why a line is not a valid reply. It holds no part of the line: a peer that echoes
/// would put a secret there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The error code or the number of columns is not a number.
    #[error("no number where one has to stand (byte {offset})")]
    NoNumber {
        /// The offset in the line, in bytes.
        offset: usize,
    },
    /// 0x01 is not followed by a byte from 0x40 to 0x4f.
    #[error("a broken escape (byte {offset})")]
    BadEscape {
        /// The offset in the line, in bytes.
        offset: usize,
    },
    /// 0x00 occurs inside a longer value.
    #[error("a NUL inside a value (byte {offset})")]
    NulInside {
        /// The offset in the line, in bytes.
        offset: usize,
    },
    /// The reply announces rows of more columns than [`super::MAX_COLUMNS`].
    #[error("rows of {columns} columns, where {} is the most", MAX_COLUMNS)]
    TooManyColumns {
        /// The number of columns that it announces.
        columns: u32,
    },
    /// The values do not make whole rows.
    #[error("{values} values do not make rows of {columns} columns")]
    NoWholeRows {
        /// The number of values in the reply.
        values: usize,
        /// The number of columns that it announces.
        columns: u32,
    },
    /// The reply is longer than the connection allows.
    #[error("longer than the {limit} bytes that maxReplyBytes allows")]
    TooLong {
        /// The limit in bytes, not counting the line end.
        limit: usize,
    },
    /// The peer sent a reply that no command asked for.
    #[error("it came without a command that asks for it")]
    Unexpected,
}
