//! HandlerSocket's line protocol as bytes, without I/O and time.
//!
//! [`BatchWriter`] writes commands and returns a [`Batch`]. [`ReplyReader`] frames and checks what
//! is received and returns [`Segment`]s of whole replies.
//!
//! A command and a reply are one line each: tokens that are separated by TAB and ended by LF. A
//! token that is the single byte 0x00 is SQL NULL. In any other token the bytes 0x00 to 0x0f travel
//! as 0x01 followed by the byte plus 0x40 (`docs-en/protocol.en.txt` of
//! HandlerSocket-Plugin-for-MySQL, "Basic syntax").

mod command;
mod reader;
mod reply;
mod reply_error;
mod segment;

pub use command::{Batch, BatchError, BatchWriter, is_plain, write_escaped};
pub use reader::ReplyReader;
pub use reply::{MAX_COLUMNS, ReplyHead, check_reply, unescape, unescaped_length, values_of};
pub use reply_error::ReplyError;
pub use segment::{LongReply, SEGMENT_BYTES, Segment};

const TAB: u8 = b'\t';
const LINE_FEED: u8 = b'\n';
const NULL: u8 = 0x00;
const ESCAPE: u8 = 0x01;
/// The difference between a byte and its escaped form behind [`ESCAPE`].
const ESCAPE_OFFSET: u8 = 0x40;
/// The first byte that needs no escape.
const FIRST_PLAIN: u8 = 0x10;
