//! The conversion of completions to JavaScript's values.
//!
//! [`finished_batch`] is called on the JavaScript thread for each execute of one pair that has
//! finished, [`finished_batches`] for each of several.
//! Replies cross as whole segments of up to 64 KiB, as strings wherever possible:
//! `lib/core/reply.js` splits them.

use napi::JsString;
use napi::bindgen_prelude::{BufferSlice, Either, Either3, Env, Result};
use napi_derive::napi;

use super::panics::may_panic;
use super::system_error::error_number;
use crate::connection::{Completion, Failure};
use crate::error::Outcome;
use crate::protocol::{
    SEGMENT_BYTES, Segment, unescape as unescape_into, unescaped_length, values_of,
};

/// The replies of a batch that succeeded, in one segment or several, or the failure of one that did
/// not.
#[napi]
pub type FinishedBatch<'env> =
    Either3<ReplySegment<'env>, Vec<ReplySegment<'env>>, FailedBatch<'env>>;

/// Whole replies, or a single long one.
#[napi]
pub type ReplySegment<'env> = Either3<JsString<'env>, BufferSlice<'env>, LongReply<'env>>;

/// A string if every byte is ASCII, otherwise the bytes.
#[napi]
pub type ReplyText<'env> = Either<JsString<'env>, BufferSlice<'env>>;

/// Whole rows. A row that is longer than a segment crosses as its values, unescaped, with null for
/// NULL.
#[napi]
pub type RowsPart<'env> = Either3<JsString<'env>, BufferSlice<'env>, Vec<Option<ReplyText<'env>>>>;

/// A reply of at least 16 KiB, with its rows in parts.
#[napi(object, object_from_js = false)]
pub struct LongReply<'env> {
    /// The error code and the number of columns.
    pub head: JsString<'env>,
    pub rows: u32,
    /// Whether every byte of the reply is ASCII.
    pub is_ascii: bool,
    pub parts: Vec<RowsPart<'env>>,
}

/// The failure of a batch.
#[napi(object, object_from_js = false)]
pub struct FailedBatch<'env> {
    /// The replies that came before the failure.
    pub segments: Vec<ReplySegment<'env>>,
    pub failure: BatchFailure,
}

/// The reason of a failure, from which JavaScript makes a `HandlerSocketError`.
#[napi(object, object_from_js = false)]
pub struct BatchFailure {
    pub code: &'static str,
    pub message: String,
    pub outcome: &'static str,
    /// Whether an AbortSignal ended it.
    pub was_aborted: bool,
    /// The system's error number, if the system caused the failure: for the resolver libuv's
    /// number. There may be only a text.
    pub system_error: Option<i32>,
    pub system_message: Option<String>,
    /// The host name that did not resolve.
    pub hostname: Option<String>,
    /// The server's error code and message, if it refused a command of the handshake.
    pub server_code: Option<u32>,
    pub server_message: Option<String>,
}

/// Converts the batches of an execute, in the order of its pairs.
pub fn finished_batches(env: &Env, completions: Vec<Completion>) -> Result<Vec<FinishedBatch<'_>>> {
    completions.into_iter().map(|completion| finished_batch(env, completion)).collect()
}

/// Converts the batch of one pair.
pub fn finished_batch<'env>(env: &'env Env, completion: Completion) -> Result<FinishedBatch<'env>> {
    let segments = completion.segments.into_iter().enumerate().map(|(n, segment)| {
        if n % SEGMENTS_PER_TRIM == SEGMENTS_PER_TRIM - 1 {
            trim_memory();
        }
        convert_segment(env, segment)
    });
    let mut segments = segments.collect::<Result<Vec<_>>>()?;
    Ok(match completion.failure {
        None if segments.len() == 1 => Either3::A(segments.remove(0)),
        None => Either3::B(segments),
        Some(failure) => Either3::C(FailedBatch { segments, failure: failure.into() }),
    })
}

impl From<Failure> for BatchFailure {
    fn from(Failure { error, outcome }: Failure) -> Self {
        let system = error.io_source();
        let server = error.server_error();
        Self {
            code: error.code(),
            message: error.to_string(),
            outcome: match outcome {
                Outcome::NotSent => "not-sent",
                Outcome::Unknown => "unknown",
            },
            was_aborted: error.was_aborted(),
            system_error: system.and_then(error_number),
            system_message: system.map(|error| error.to_string()),
            hostname: error.unresolved_host().map(str::to_owned),
            server_code: server.map(|(code, _)| code),
            server_message: server.map(|(_, message)| message.to_owned()),
        }
    }
}

fn convert_segment<'env>(env: &'env Env, segment: Segment) -> Result<ReplySegment<'env>> {
    let Some(long) = segment.long_reply() else {
        return convert_rows(env, segment.bytes(), segment.is_ascii());
    };
    let parts = long.parts.into_iter().map(|part| match part.len() > SEGMENT_BYTES {
        true => convert_row_values(env, part).map(Either3::C),
        false => convert_rows(env, part, segment.is_ascii()),
    });
    Ok(Either3::C(LongReply {
        head: env.create_string_latin1(long.head)?,
        rows: long.rows as u32,
        is_ascii: segment.is_ascii(),
        parts: parts.collect::<Result<_>>()?,
    }))
}

fn convert_rows<'env, Other>(
    env: &'env Env,
    rows: &[u8],
    is_ascii: bool,
) -> Result<Either3<JsString<'env>, BufferSlice<'env>, Other>> {
    Ok(match to_text(env, rows, is_ascii)? {
        Either::A(text) => Either3::A(text),
        Either::B(bytes) => Either3::B(bytes),
    })
}

/// Copies the bytes. JavaScript would give external memory back only in a later turn of the event
/// loop, which a program that calls `executeSync` in a loop never reaches.
fn to_text<'env>(env: &'env Env, bytes: &[u8], is_ascii: bool) -> Result<ReplyText<'env>> {
    if !is_ascii {
        return BufferSlice::copy_from(env, bytes).map(Either::B);
    }
    // ASCII is a subset of Latin-1. Creating the string here lets the segment be freed; napi would
    // create it at the end and keep all segments until then.
    env.create_string_latin1(bytes).map(Either::A)
}

/// Converts the values of one row.
fn convert_row_values<'env>(env: &'env Env, row: &[u8]) -> Result<Vec<Option<ReplyText<'env>>>> {
    values_of(row).map(|value| value.map(|value| convert_value(env, value)).transpose()).collect()
}

fn convert_value<'env>(env: &'env Env, value: &[u8]) -> Result<ReplyText<'env>> {
    let length = unescaped_length(value);
    // A long text becomes a string faster if JavaScript decodes it from a Buffer.
    let is_text = value.len() <= SEGMENT_BYTES && value.is_ascii();
    if length == value.len() {
        return to_text(env, value, is_text);
    }
    if is_text {
        let mut bytes = vec![0; length];
        unescape_into(value, &mut bytes);
        return to_text(env, &bytes, true);
    }
    // The copy only allocates a buffer of the right length, which is overwritten.
    let mut buffer = BufferSlice::copy_from(env, &value[..length])?;
    unescape_into(value, &mut buffer);
    Ok(Either::B(buffer))
}

/// The segments after which memory is trimmed: 8 MiB of text.
const SEGMENTS_PER_TRIM: usize = 128;

/// Returns free memory to the system. Segments are freed one by one while the JavaScript values of
/// a large result are made, and glibc would keep their memory for the process: a batch of a million
/// finds then needs a fifth more memory at its peak. Other platforms have no such call.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim_memory() {
    // SAFETY: glibc allows this call at any time and from any thread. It locks each arena in turn,
    // and returns only pages that hold no allocation, so no pointer of this process is affected.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim_memory() {}

/// Writes a value without its escapes to the front of `bytes`, which has to be at least as long and
/// must not overlap it, and returns its length.
#[napi(catch_unwind)]
#[allow(dead_code, reason = "nothing exports it where tests are built")]
pub fn unescape(value: &[u8], mut bytes: BufferSlice) -> u32 {
    may_panic("unescape");
    unescape_into(value, &mut bytes) as u32
}
