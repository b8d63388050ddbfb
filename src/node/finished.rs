use std::mem::size_of;

use napi::bindgen_prelude::{Buffer, Either, Latin1String};
use napi_derive::napi;

use crate::connection::{Completion, Failure};
use crate::error::{Error, Outcome};
use crate::protocol::Segment;

/// An execute that is over.
#[napi(object, object_from_js = false)]
pub struct FinishedExecute {
    pub id: u32,
    /// In the order of the pairs.
    pub batches: Vec<FinishedBatch>,
}

/// The replies of a batch that succeeded, or what became of one that failed.
#[napi]
pub type FinishedBatch = Either<Vec<ReplySegment>, FailedBatch>;

/// Whole replies: a string if every byte is ASCII, and the bytes otherwise or for one reply longer than a segment.
#[napi]
pub type ReplySegment = Either<Latin1String, Buffer>;

#[napi(object, object_from_js = false)]
pub struct FailedBatch {
    /// The replies that came before the failure.
    pub segments: Vec<ReplySegment>,
    pub failure: BatchFailure,
}

#[napi(object, object_from_js = false)]
pub struct BatchFailure {
    pub code: &'static str,
    pub message: String,
    pub outcome: &'static str,
    /// What the system said, where it was the system: its error number, or only a text.
    pub system_error: Option<i32>,
    pub system_message: Option<String>,
    /// The host whose name did not resolve.
    pub hostname: Option<String>,
    /// The server's error code and message, where a command of the handshake was refused.
    pub server_code: Option<u32>,
    pub server_message: Option<String>,
}

pub fn finished_batch(completion: Completion) -> FinishedBatch {
    let segments = completion.segments.into_iter().map(hand_over).collect();
    match completion.failure {
        None => Either::A(segments),
        Some(failure) => Either::B(FailedBatch { segments, failure: failure.into() }),
    }
}

impl From<Failure> for BatchFailure {
    fn from(failure: Failure) -> Self {
        Self::new(&failure.error, failure.outcome)
    }
}

impl BatchFailure {
    pub fn new(error: &Error, outcome: Outcome) -> Self {
        let system = error.io_source();
        let server = error.server_error();
        Self {
            code: error.code(),
            message: error.to_string(),
            outcome: match outcome {
                Outcome::NotSent => "not-sent",
                Outcome::Unknown => "unknown",
            },
            system_error: system.and_then(|error| error.raw_os_error()),
            system_message: system.map(|error| error.to_string()),
            hostname: error.unresolved_host().map(str::to_owned),
            server_code: server.map(|(code, _)| code),
            server_message: server.map(|(_, message)| message.to_owned()),
        }
    }
}

fn hand_over(segment: Segment) -> ReplySegment {
    let as_text = segment.is_ascii() && segment.bytes().len() <= crate::protocol::SEGMENT_BYTES;
    let mut bytes = segment.into_bytes();
    if as_text && let Ok(text) = String::from_utf8(std::mem::take(&mut bytes)) {
        return Either::A(text.into());
    }
    // JavaScript is to own what it was given, not the room that was made for it.
    bytes.shrink_to(bytes.len() + size_of::<usize>());
    Either::B(bytes.into())
}
