//! The exchange of one batch over one connected socket: bytes out, replies in. It never waits.
//!
//! A [`Connection`](super::Connection) makes an [`Exchange`] for each batch and calls
//! [`Exchange::advance`] whenever the socket is ready, until it is complete or broken. On a new
//! socket the preamble (secret and handshake) goes first, in the same write:
//!
//! ```text
//!   sent      │ preamble: A, P, P │ batch: find, find, find │
//!   received  │ preamble_received │ received                │
//! ```

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::sync::Arc;

use super::options::{Options, UNAUTHORISED};
use super::socket::Socket;
use crate::error::{Error, Kind, Outcome, Stage};
use crate::protocol::{Batch, ReplyError, ReplyReader, SEGMENT_BYTES, Segment};

/// The receives in one turn, after which other sockets get theirs: 16 segments, 1 MiB.
const RECEIVES_PER_TURN: usize = 16;
/// The least that such a turn receives if it leaves anything that had arrived before it: a receive
/// ends at the end of a segment, so two of them take a whole segment.
pub(crate) const MIN_BYTES_PER_TURN: usize = RECEIVES_PER_TURN / 2 * SEGMENT_BYTES;
/// The receives after the deadline has passed.
const MAX_LATE_RECEIVES: usize = 1024;

thread_local! {
    /// The buffer into which a thread receives. Its contents are copied to memory of the right
    /// size; the buffer itself stays in the processor's cache and need not be cleared.
    static RECEIVED: RefCell<Box<[u8]>> = RefCell::new(vec![0; SEGMENT_BYTES].into());
}

/// The end of an execute for one batch.
#[derive(Debug)]
pub struct Completion {
    /// The batch's replies in the order of its commands. After a failure, those that came before
    /// it.
    pub segments: Vec<Segment>,
    /// The number of replies in the segments.
    pub replies: usize,
    /// The failure, if there was one.
    pub failure: Option<Failure>,
}

impl Completion {
    /// Completes a batch without commands.
    pub(crate) fn empty() -> Self {
        Self { segments: Vec::new(), replies: 0, failure: None }
    }

    /// Completes a batch of which nothing was sent.
    pub(crate) fn not_started(kind: Kind) -> Self {
        let failure = Failure { error: kind.into(), outcome: Outcome::NotSent };
        Self { failure: Some(failure), ..Self::empty() }
    }
}

/// The reason why a batch failed, and whether the server can have acted on it.
#[derive(Debug)]
pub struct Failure {
    /// The reason.
    pub error: Error,
    /// Whether the server can have acted on the batch.
    pub outcome: Outcome,
}

/// The state of sending one batch and receiving its replies. See the module for the order of the
/// calls.
pub(super) struct Exchange {
    batch: Batch,
    options: Arc<Options>,
    expected_bytes: usize,
    /// Whether the socket is new, so that the preamble goes before the batch.
    is_first: bool,
    /// The bytes of the preamble and then the batch that the kernel has taken.
    sent: usize,
    /// The whole commands in these bytes.
    commands_sent: usize,
    reader: ReplyReader,
    received_bytes: usize,
    preamble_received: usize,
    received: usize,
    /// The batch's replies that say that the connection is not authorised.
    unauthorised: usize,
    refusal: Option<Kind>,
}

/// The state of an exchange after an advance.
#[must_use]
pub(super) enum Progress {
    Wait,
    Complete,
    Broken(Kind),
}

impl Exchange {
    /// Makes an exchange that reserves `expected_bytes` for a long reply.
    pub fn new(batch: Batch, options: Arc<Options>, expected_bytes: usize) -> Self {
        Self {
            reader: ReplyReader::new(expected_bytes, options.max_reply_bytes),
            expected_bytes,
            batch,
            is_first: false,
            sent: 0,
            commands_sent: 0,
            options,
            received_bytes: 0,
            preamble_received: 0,
            received: 0,
            unauthorised: 0,
            refusal: None,
        }
    }

    /// Makes the preamble go first, because the socket is new.
    pub fn prepend_preamble(&mut self) {
        assert_eq!(self.sent, 0, "a batch is never sent twice");
        self.is_first = true;
        // Discard what an idle socket received before it was replaced.
        self.reader = ReplyReader::new(self.expected_bytes, self.options.max_reply_bytes);
    }

    /// Sends and receives as much as is possible without waiting.
    pub fn advance(&mut self, socket: &impl Socket) -> Progress {
        let sent_before = self.sent;
        match self.send(socket) {
            // Skip the receive right after a send: the reply cannot be there yet.
            Ok(()) if self.sent > sent_before && !self.has_more_to_send() => Progress::Wait,
            Ok(()) => self.receive(socket, RECEIVES_PER_TURN),
            // Keep all replies that came before. A reset can overtake them on their way, but cannot
            // add any.
            Err(source) => match self.receive(socket, usize::MAX) {
                Progress::Wait | Progress::Broken(Kind::Lost { source: None }) => {
                    Progress::Broken(Kind::Lost { source: Some(source) })
                }
                progress => progress,
            },
        }
    }

    /// Receives the replies that have arrived, and sends nothing: the deadline has passed. Replies
    /// that are there count, up to 64 MiB, so that a peer that keeps sending cannot keep the
    /// exchange alive.
    pub fn receive_late(&mut self, socket: &impl Socket) -> Progress {
        self.receive(socket, MAX_LATE_RECEIVES)
    }

    fn receive(&mut self, socket: &impl Socket, receives: usize) -> Progress {
        RECEIVED.with_borrow_mut(|space| {
            for _ in 0..receives {
                match socket.receive(&mut space[..self.reader.room()]) {
                    Ok(0) => return Progress::Broken(Kind::Lost { source: None }),
                    Ok(count) => {
                        self.received_bytes += count;
                        self.reader.push(&space[..count]);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Progress::Broken(Kind::Lost { source: Some(error) }),
                }
                match self.take_replies() {
                    Ok(false) => {}
                    Ok(true) => return Progress::Complete,
                    Err(source) => {
                        return Progress::Broken(Kind::Protocol { reply: self.received, source });
                    }
                }
            }
            Progress::Wait
        })
    }

    /// Whether nothing was sent on an idle socket that turns out to be closed, so that the batch
    /// can go to a new one.
    pub fn can_reconnect(&self) -> bool {
        !self.is_first && self.sent == 0
    }

    pub fn received_bytes(&self) -> usize {
        self.received_bytes
    }

    pub fn has_more_to_send(&self) -> bool {
        self.sent < self.total()
    }

    pub fn stage(&self) -> Stage {
        Stage::Exchange { received: self.received, expected: self.batch.commands() }
    }

    /// Ends the exchange. `broken` is the error that stopped it, `None` if all replies came. Also
    /// returns whether the socket can be used again.
    pub fn complete(self, broken: Option<Kind>) -> (Completion, bool) {
        let outcome = self.outcome();
        let preamble_over = self.preamble_received == self.preamble_replies();
        let refusal = match self.received > 0 && self.is_refused_whole() {
            true => Some(self.options.unauthorised()),
            false => self.refusal,
        };
        let error = match broken {
            Some(ended @ (Kind::Closed | Kind::Aborted)) => Some(ended),
            // A refusal is the reason why the connection broke after it.
            broken => refusal.or(broken),
        };
        let error = error.map(Error::from);
        let reusable = error.is_none();
        let completion = Completion {
            segments: if preamble_over { self.reader.into_segments() } else { Vec::new() },
            replies: self.received,
            failure: error.map(|error| Failure { error, outcome }),
        };
        (completion, reusable)
    }

    fn send(&mut self, socket: &impl Socket) -> io::Result<()> {
        while self.has_more_to_send() {
            let preamble = self.preamble();
            let batch = &self.batch.bytes()[self.sent.saturating_sub(preamble.len())..];
            let result = match &preamble[self.sent.min(preamble.len())..] {
                [] => socket.send(&[IoSlice::new(batch)]),
                preamble => socket.send(&[IoSlice::new(preamble), IoSlice::new(batch)]),
            };
            match result {
                Ok(count) => {
                    self.commands_sent += self.commands_between(self.sent, self.sent + count);
                    self.sent += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes the replies that are whole. Returns `true` once the batch's last one has come.
    fn take_replies(&mut self) -> Result<bool, ReplyError> {
        let preamble_replies = self.preamble_replies();
        while self.preamble_received + self.received < self.commands_sent {
            let Some((head, line)) = self.reader.next_reply()? else {
                return Ok(false);
            };
            if self.preamble_received < preamble_replies {
                if head.error_code != 0 && self.refusal.is_none() {
                    let message = &line[head.values_start..];
                    let refusal =
                        self.options.refusal(self.preamble_received, head.error_code, message);
                    self.refusal = Some(refusal);
                }
                self.preamble_received += 1;
                if self.preamble_received == preamble_replies {
                    self.reader.discard_replies();
                }
                continue;
            }
            self.received += 1;
            self.unauthorised += usize::from(head.error_code == UNAUTHORISED);
        }
        match self.reader.has_more() {
            true => Err(ReplyError::Unexpected),
            false => Ok(self.received == self.batch.commands()),
        }
    }

    fn preamble(&self) -> &[u8] {
        if self.is_first { self.options.preamble.bytes() } else { &[] }
    }

    fn preamble_replies(&self) -> usize {
        if self.is_first { self.options.preamble.commands() } else { 0 }
    }

    /// The number of commands that end between two offsets of the preamble and batch.
    fn commands_between(&self, start: usize, end: usize) -> usize {
        let preamble = self.preamble().len();
        let in_preamble = start.min(preamble)..end.min(preamble);
        let in_batch = start.saturating_sub(preamble)..end.saturating_sub(preamble);
        self.options.preamble.commands_in(in_preamble) + self.batch.commands_in(in_batch)
    }

    fn total(&self) -> usize {
        self.preamble().len() + self.batch.bytes().len()
    }

    fn outcome(&self) -> Outcome {
        match self.sent <= self.preamble().len() || self.is_refused_whole() {
            true => Outcome::NotSent,
            false => Outcome::Unknown,
        }
    }

    /// Whether the server refused every command of the batch because the connection is not
    /// authorised. The refusal of an auth request in the batch itself is a reply like any other,
    /// for the caller to read.
    fn is_refused_whole(&self) -> bool {
        self.unauthorised == self.batch.commands() && self.batch.first_byte() != Some(b'A')
    }
}
