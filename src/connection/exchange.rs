//! One batch's way over one connected socket: bytes out, replies in. It never waits.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::sync::Arc;

use super::options::{Options, UNAUTHORISED};
use super::socket::Socket;
use crate::error::{Error, Kind, Outcome, Stage};
use crate::protocol::{Batch, ReplyError, ReplyReader, SEGMENT_BYTES, Segment};

/// How much is received before others get their turn: 16 segments, 1 MiB.
const RECEIVES_A_TURN: usize = 16;
/// How much is received when the time is up.
const LAST_RECEIVES: usize = 1024;

thread_local! {
    /// Where a thread receives, before what has come is copied to memory of its size: this stays in the processor's cache,
    /// and need not be cleared each time.
    static RECEIVED: RefCell<Box<[u8]>> = RefCell::new(vec![0; SEGMENT_BYTES].into());
}

/// How an execute ended for one batch.
#[derive(Debug)]
pub struct Completion {
    /// The batch's replies in command order; after a failure, those that came before it.
    pub segments: Vec<Segment>,
    /// How many replies the segments hold.
    pub replies: usize,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

impl Completion {
    /// The end of a batch without commands.
    pub(crate) fn empty() -> Self {
        Self { segments: Vec::new(), replies: 0, failure: None }
    }

    /// The end of a batch of which nothing was sent.
    pub(crate) fn not_begun(kind: Kind) -> Self {
        let failure = Failure { error: kind.into(), outcome: Outcome::NotSent };
        Self { failure: Some(failure), ..Self::empty() }
    }
}

/// Why a batch failed, and whether the server can have acted on it.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub error: Error,
    /// Whether the server can have acted on the batch.
    pub outcome: Outcome,
}

pub(super) struct Exchange {
    batch: Batch,
    options: Arc<Options>,
    expected_bytes: usize,
    /// Whether the socket is a new one, on which the preamble goes before the batch.
    is_first: bool,
    /// Bytes handed to the kernel, of the preamble and then the batch.
    sent: usize,
    /// How many commands, of the preamble and then the batch, these bytes hold whole.
    asked: usize,
    reader: ReplyReader,
    received_bytes: usize,
    preamble_received: usize,
    received: usize,
    /// How many of the batch's replies say that the connection is not authorised.
    unauthorised: usize,
    refusal: Option<Kind>,
}

/// What an exchange waits for, or that it is over.
pub(super) enum Progress {
    Wait,
    Complete,
    Broken(Kind),
}

impl Exchange {
    /// With room for a long reply of `expected_bytes`.
    pub fn new(batch: Batch, options: Arc<Options>, expected_bytes: usize) -> Self {
        Self {
            reader: ReplyReader::new(expected_bytes, options.max_reply_bytes),
            expected_bytes,
            batch,
            is_first: false,
            sent: 0,
            asked: 0,
            options,
            received_bytes: 0,
            preamble_received: 0,
            received: 0,
            unauthorised: 0,
            refusal: None,
        }
    }

    /// The socket is a new one: the preamble goes first.
    pub fn put_preamble_first(&mut self) {
        assert_eq!(self.sent, 0, "a batch is never sent twice");
        self.is_first = true;
        // Whatever an idle socket said before it was left is nobody's.
        self.reader = ReplyReader::new(self.expected_bytes, self.options.max_reply_bytes);
    }

    /// Sends and receives as much as goes without waiting.
    pub fn advance(&mut self, socket: &impl Socket) -> Progress {
        let sent_before = self.sent;
        match self.send(socket) {
            // The reply to what has only now been sent takes its time.
            Ok(()) if self.sent > sent_before && !self.has_more_to_send() => Progress::Wait,
            Ok(()) => self.receive(socket, RECEIVES_A_TURN),
            // The replies that came before are kept, all of them: a reset can overtake them, but adds none.
            Err(source) => match self.receive(socket, usize::MAX) {
                Progress::Wait | Progress::Broken(Kind::Lost { source: None }) => {
                    Progress::Broken(Kind::Lost { source: Some(source) })
                }
                progress => progress,
            },
        }
    }

    /// Receives what has already arrived, and sends nothing: the time is up. What is there counts, up to 64 MiB: a peer that
    /// goes on sending is not to be listened to without end.
    pub fn receive_last(&mut self, socket: &impl Socket) -> Progress {
        self.receive(socket, LAST_RECEIVES)
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

    /// Whether the server closed an idle connection just before this exchange, which has done nothing on it yet.
    pub fn can_move(&self) -> bool {
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

    /// Ends it: `broken` is what stopped it, `None` if all replies came. Says too whether the socket may be used again.
    pub fn complete(self, broken: Option<Kind>) -> (Completion, bool) {
        let outcome = self.outcome();
        let preamble_over = self.preamble_received == self.preamble_replies();
        let refusal = match self.received > 0 && self.is_refused_whole() {
            true => Some(self.options.unauthorised()),
            false => self.refusal,
        };
        let error = match broken {
            Some(ended @ (Kind::Closed | Kind::Aborted)) => Some(ended),
            // A refusal explains what broke the connection after it.
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
                    self.asked += self.commands_between(self.sent, self.sent + count);
                    self.sent += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes the replies that are whole; `true` when the batch's last one has come.
    fn take_replies(&mut self) -> Result<bool, ReplyError> {
        let preamble_replies = self.preamble_replies();
        while self.preamble_received + self.received < self.asked {
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
                    self.reader.forget_replies();
                }
                continue;
            }
            self.received += 1;
            self.unauthorised += usize::from(head.error_code == UNAUTHORISED);
        }
        match self.reader.has_more() {
            true => Err(ReplyError::Unasked),
            false => Ok(self.received == self.batch.commands()),
        }
    }

    fn preamble(&self) -> &[u8] {
        if self.is_first { self.options.preamble.bytes() } else { &[] }
    }

    fn preamble_replies(&self) -> usize {
        if self.is_first { self.options.preamble.commands() } else { 0 }
    }

    /// How many commands end between two places of what is sent.
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

    /// Whether every command of the batch was refused because the connection is not authorised. An auth request of the
    /// batch's own is the caller's business, and its refusal a reply like any other.
    fn is_refused_whole(&self) -> bool {
        self.unauthorised == self.batch.commands() && self.batch.first_byte() != Some(b'A')
    }
}
