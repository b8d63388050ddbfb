//! A connection through the simulated network: two queues of bytes with limited room.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::plan::{Fault, Plan, When};
use super::server::{Peer, Session};

/// The time for which a socket is not ready after a 0 among its sizes.
const STALL: Duration = Duration::from_millis(1);
const SERVER_READ_BYTES: usize = 4096;

/// A connection: the client calls `send` and `receive`, time and the plan do the rest.
pub(super) struct Link {
    peer: Peer,
    plan: Plan,
    session: Session,
    begun: Instant,
    connect: Connecting,
    outward: VecDeque<u8>,
    inward: VecDeque<Arrival>,
    replied: usize,
    received: usize,
    happened: usize,
    calls: usize,
    end: Option<End>,
    send_stalled: Option<Instant>,
    receive_stalled: Option<Instant>,
    accepted: Vec<u8>,
    send_sizes: Vec<usize>,
    is_dropped: bool,
}

/// The result of the connect, and its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Connecting {
    Completes(Instant),
    Fails(Instant),
    Never,
}

/// Bytes from the server, and the time of their arrival.
struct Arrival {
    at: Instant,
    bytes: VecDeque<u8>,
}

/// The end of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Reset,
    EndOfFile,
}

/// The part of a link that a test can see.
#[derive(Clone, Debug)]
pub struct LinkReport {
    /// The bytes that the client's sends accepted.
    pub accepted: Vec<u8>,
    /// The number of bytes that each of these sends accepted.
    pub send_sizes: Vec<usize>,
    /// The number of sends and receives.
    pub calls: usize,
    /// The commands that the server received and did not refuse for want of the secret.
    pub executed: Vec<Vec<u8>>,
    /// Whether the client has dropped its socket.
    pub is_dropped: bool,
}

impl Link {
    pub fn new(peer: Peer, plan: Plan, connect: Connecting, now: Instant) -> Self {
        Self {
            session: Session::new(&peer),
            peer,
            plan,
            begun: now,
            connect,
            outward: VecDeque::new(),
            inward: VecDeque::new(),
            replied: 0,
            received: 0,
            happened: 0,
            calls: 0,
            end: None,
            send_stalled: None,
            receive_stalled: None,
            accepted: Vec::new(),
            send_sizes: Vec::new(),
            is_dropped: false,
        }
    }

    pub fn connected(&self, now: Instant) -> io::Result<bool> {
        match self.connect {
            Connecting::Completes(at) => Ok(now >= at),
            Connecting::Fails(at) if now >= at => Err(ErrorKind::ConnectionRefused.into()),
            Connecting::Fails(_) | Connecting::Never => Ok(false),
        }
    }

    pub fn send(&mut self, bytes: &[u8], now: Instant) -> io::Result<usize> {
        self.begin_call(now)?;
        if let Some(fault) = self.take_fault(When::Accepting(self.accepted.len())) {
            self.happen(fault, now);
        }
        if self.end == Some(End::Reset) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let room = self.plan.outward_room - self.outward.len();
        if is_stalled(self.send_stalled, now) || room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let size = self.plan.send_sizes.next();
        if size == 0 {
            self.send_stalled = Some(now + STALL);
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = size.min(room).min(bytes.len()).min(self.until_fault());
        self.accepted.extend(&bytes[..count]);
        self.send_sizes.push(count);
        if self.end.is_none() {
            self.outward.extend(&bytes[..count]);
        }
        self.serve(now);
        Ok(count)
    }

    pub fn receive(&mut self, space: &mut [u8], now: Instant) -> io::Result<usize> {
        self.begin_call(now)?;
        let is_reset = self.end == Some(End::Reset);
        if !self.has_news(now) || is_stalled(self.receive_stalled, now) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let Some(arrival) = self.inward.front_mut() else {
            return match self.end {
                Some(End::Reset) => Err(ErrorKind::ConnectionReset.into()),
                _ => Ok(0),
            };
        };
        // After a reset a receive has nothing to wait for.
        let size = self.plan.receive_sizes.next().max(usize::from(is_reset));
        if size == 0 {
            self.receive_stalled = Some(now + STALL);
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = size.min(arrival.bytes.len()).min(space.len());
        for (byte, space) in arrival.bytes.drain(..count).zip(space) {
            *space = byte;
        }
        if arrival.bytes.is_empty() {
            self.inward.pop_front();
        }
        self.received += count;
        self.serve(now);
        Ok(count)
    }

    /// Whether the socket is readable and writable, as a poll would report.
    pub fn readiness(&self, now: Instant) -> (bool, bool) {
        match self.connected(now) {
            Err(_) => return (true, true),
            Ok(false) => return (false, false),
            Ok(true) => {}
        }
        let is_reset = self.end == Some(End::Reset);
        let has_room = self.outward.len() < self.plan.outward_room;
        let readable = self.has_news(now) && !is_stalled(self.receive_stalled, now);
        let writable = has_room && !is_stalled(self.send_stalled, now);
        (readable || is_reset, writable || is_reset)
    }

    pub fn happen(&mut self, fault: Fault, now: Instant) {
        self.happened += 1;
        match fault {
            Fault::Reset => {
                self.inward.retain(|arrival| arrival.at <= now);
                self.receive_stalled = None;
                self.end = Some(End::Reset);
            }
            Fault::EndOfFile => self.end = Some(End::EndOfFile),
            Fault::Stray(bytes) => {
                self.inward.push_back(Arrival { at: now, bytes: bytes.into() });
                return;
            }
            Fault::Interruption => panic!("only a call is interrupted"),
        }
        self.outward.clear();
        self.session.output.clear();
    }

    /// Lets the faults happen that are due.
    pub fn pass_time(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.begun);
        let is_due = |when: &When| matches!(when, When::Elapsed(duration) if *duration <= elapsed);
        while let Some(due) = self.plan.faults.iter().position(|(when, _)| is_due(when)) {
            let (_, fault) = self.plan.faults.remove(due);
            self.happen(fault, now);
        }
    }

    /// The time of the next event that happens by itself.
    pub fn next_moment(&self, now: Instant) -> Option<Instant> {
        let connect = match self.connect {
            Connecting::Completes(at) | Connecting::Fails(at) => Some(at),
            Connecting::Never => None,
        };
        let arrival = self.inward.front().map(|arrival| arrival.at);
        let faults = self.plan.faults.iter().filter_map(|(when, _)| match when {
            When::Elapsed(duration) => Some(self.begun + *duration),
            _ => None,
        });
        [connect, arrival, self.send_stalled, self.receive_stalled]
            .into_iter()
            .flatten()
            .chain(faults)
            .filter(|&at| at > now)
            .min()
    }

    pub fn let_go(&mut self) {
        self.is_dropped = true;
    }

    pub fn report(&self) -> LinkReport {
        LinkReport {
            accepted: self.accepted.clone(),
            send_sizes: self.send_sizes.clone(),
            calls: self.calls,
            executed: self.session.executed.clone(),
            is_dropped: self.is_dropped,
        }
    }

    /// Grows with every byte that moves and every fault that happens.
    pub fn activity(&self) -> usize {
        self.accepted.len() + self.received + self.happened
    }

    pub fn has_accepted_last(&self, bytes: &[u8]) -> bool {
        self.accepted.ends_with(bytes)
    }

    /// Lets the server read commands while there is room for its replies.
    fn serve(&mut self, now: Instant) {
        loop {
            self.send_output(now);
            let has_output = !self.session.output.is_empty();
            if has_output || self.outward.is_empty() || self.end.is_some() {
                return;
            }
            let count = self.outward.len().min(SERVER_READ_BYTES);
            let bytes: Vec<u8> = self.outward.drain(..count).collect();
            self.session.read(&bytes, &self.peer);
        }
    }

    fn send_output(&mut self, now: Instant) {
        while !self.session.output.is_empty() {
            if let Some(fault) = self.take_fault(When::Replying(self.replied)) {
                self.happen(fault, now);
                continue;
            }
            let unreceived: usize = self.inward.iter().map(|arrival| arrival.bytes.len()).sum();
            let room = self.plan.inward_room.saturating_sub(unreceived);
            let count = room.min(self.session.output.len()).min(self.until_reply_fault());
            if count == 0 {
                return;
            }
            let bytes = self.session.output.drain(..count).collect();
            self.inward.push_back(Arrival { at: now + self.plan.delay, bytes });
            self.replied += count;
        }
    }

    fn has_news(&self, now: Instant) -> bool {
        match self.inward.front() {
            Some(arrival) => arrival.at <= now,
            None => self.end.is_some(),
        }
    }

    fn begin_call(&mut self, now: Instant) -> io::Result<()> {
        let call = When::Call(self.calls);
        self.calls += 1;
        while let Some(fault) = self.take_fault(call) {
            if let Fault::Interruption = fault {
                self.happened += 1;
                return Err(ErrorKind::Interrupted.into());
            }
            self.happen(fault, now);
        }
        Ok(())
    }

    fn take_fault(&mut self, when: When) -> Option<Fault> {
        let position = self.plan.faults.iter().position(|(planned, _)| *planned == when)?;
        Some(self.plan.faults.remove(position).1)
    }

    /// The number of bytes that can be accepted before the next fault.
    fn until_fault(&self) -> usize {
        let offsets = self.plan.faults.iter().filter_map(|(when, _)| match when {
            When::Accepting(offset) => offset.checked_sub(self.accepted.len()),
            _ => None,
        });
        offsets.min().unwrap_or(usize::MAX)
    }

    fn until_reply_fault(&self) -> usize {
        let offsets = self.plan.faults.iter().filter_map(|(when, _)| match when {
            When::Replying(offset) => offset.checked_sub(self.replied),
            _ => None,
        });
        offsets.min().unwrap_or(usize::MAX)
    }
}

fn is_stalled(until: Option<Instant>, now: Instant) -> bool {
    until.is_some_and(|until| now < until)
}
