//! One server address and the life of its socket: resolve, connect, authorise, exchange, abort.
//!
//! A [`Connection`] never waits. [`Connection::start`] begins a batch's exchange and says what it waits for;
//! [`Connection::resume`] is told that it happened, or that the time is up, and says what comes next, until it is
//! [`Step::Done`]. MariaDB's non-blocking client API has the same shape (`mysql_real_query_start` and `_cont`).

mod exchange;
mod options;
mod socket;
mod status;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::error::{Kind, Stage};
use crate::protocol::Batch;
use exchange::{Exchange, Progress};

pub use exchange::{Completion, Failure};
pub use options::{DEFAULT_MAX_REPLY_BYTES, Options, SecretError};
pub use socket::{Network, NetworkSocket, Socket, Target, Transport};
pub use status::{ConnectionState, Status};

/// When a Unix socket's listener had no room, the connect is tried again after this long.
const CONNECT_RETRY: Duration = Duration::from_millis(2);

/// One server address; see the module's documentation.
pub struct Connection<T: Transport = Network> {
    address: Address,
    options: Arc<Options>,
    status: Arc<Status>,
    transport: T,
    phase: Phase<T::Socket>,
    /// The length of the longest segment that the last exchange received.
    last_longest: usize,
    /// The exchange under way and when it has to be over.
    exchange: Option<(Exchange, Instant)>,
}

enum Phase<S> {
    Closed,
    Idle(Arc<S>),
    Lookup,
    /// `targets[0]` is being tried, until `until`; no socket means that it had no room and is tried again then.
    Connecting {
        socket: Option<Arc<S>>,
        targets: VecDeque<Target>,
        until: Instant,
    },
    Exchanging(Arc<S>),
}

/// What a connection needs next.
#[derive(Debug)]
pub enum Step {
    /// Something has to happen first.
    Wait(Wait),
    /// The batch has ended.
    Done(Completion),
}

/// What has to happen, or until when, before [`Connection::resume`] is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What to wait for.
    pub awaited: Awaited,
    /// When to call with [`Event::Time`] if nothing has happened.
    pub until: Instant,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The addresses of [`Connection::host`]: [`Event::Resolved`].
    Lookup,
    /// Readiness of [`Connection::socket`]: [`Event::Ready`].
    Socket {
        /// Wait until something can be received.
        readable: bool,
        /// Wait until something can be sent, or the connect has ended.
        writable: bool,
    },
    /// Nothing but the time.
    Time,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The socket is ready, or may be: a mistaken call costs a system call and does no harm.
    Ready,
    /// The look-up ended.
    Resolved(io::Result<Vec<IpAddr>>),
    /// The wait's `until` has come.
    Time,
}

impl Connection<Network> {
    /// A connection over the operating system's sockets. It does no I/O before its first use.
    pub fn new(address: Address, options: Arc<Options>) -> Self {
        Self::over(Network, address, options, Arc::default())
    }
}

impl<T: Transport> Connection<T> {
    /// A connection over any transport, which reports to `status`.
    pub fn over(
        transport: T,
        address: Address,
        options: Arc<Options>,
        status: Arc<Status>,
    ) -> Self {
        Self {
            address,
            options,
            status,
            transport,
            phase: Phase::Closed,
            last_longest: 0,
            exchange: None,
        }
    }

    /// Begins to send `batch` and to receive its replies, which has to be over by `deadline`. A batch without commands
    /// is done at once, and so is one whose deadline has passed: nothing of it is sent.
    ///
    /// # Panics
    /// If an exchange is under way.
    pub fn start(&mut self, batch: Batch, deadline: Instant, now: Instant) -> Step {
        assert!(self.exchange.is_none(), "a connection carries one exchange at a time");
        if batch.commands() == 0 {
            return Step::Done(Completion::empty());
        }
        if now >= deadline {
            return Step::Done(Completion::not_begun(Kind::Timeout { during: Stage::Start }));
        }
        // One value is often as long as the last.
        let exchange = Exchange::new(batch, Arc::clone(&self.options), self.last_longest);
        self.exchange = Some((exchange, deadline));
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Idle(socket) if is_quiet(&*socket) => {
                self.phase = Phase::Exchanging(socket);
                self.advance(now)
            }
            _ => self.open(now),
        }
    }

    /// Goes on after what the last [`Wait`] asked for has happened.
    ///
    /// # Panics
    /// If no exchange is under way.
    pub fn resume(&mut self, event: Event, now: Instant) -> Step {
        if now >= self.deadline() {
            // Whatever has happened: nothing is begun and nothing more is sent.
            return self.time_out();
        }
        match (event, &self.phase) {
            (Event::Resolved(result), Phase::Lookup) => self.resolved(result, now),
            (Event::Ready, Phase::Connecting { .. }) => self.check_connect(now),
            (Event::Ready, Phase::Exchanging(_)) => self.advance(now),
            (Event::Time, Phase::Connecting { until, .. }) if now >= *until => {
                self.next_attempt(now)
            }
            _ => Step::Wait(self.wait()),
        }
    }

    /// Closes the socket. What is under way ends with `ERR_HS_CLOSED`. Usable again after.
    pub fn close(&mut self) -> Option<Completion> {
        let completion = self.abort(Kind::Closed);
        self.phase = Phase::Closed;
        self.status.set(ConnectionState::Closed);
        completion
    }

    /// Ends the exchange under way, if there is one, and its socket.
    pub(crate) fn abort(&mut self, kind: Kind) -> Option<Completion> {
        self.exchange.as_ref()?;
        match self.fail(kind) {
            Step::Done(completion) => Some(completion),
            Step::Wait(_) => unreachable!("an exchange that failed is done"),
        }
    }

    /// Whether [`Self::start`] has no need to connect for this batch first.
    pub fn can_begin_at_once(&self, batch: &Batch) -> bool {
        batch.commands() == 0 || matches!(self.phase, Phase::Idle(_))
    }

    /// How much has been received of the exchange under way; `None` if none is, or not yet on a connected socket.
    pub fn received_bytes(&self) -> Option<usize> {
        match (&self.phase, &self.exchange) {
            (Phase::Exchanging(_), Some((exchange, _))) => Some(exchange.received_bytes()),
            _ => None,
        }
    }

    /// The socket to wait for.
    pub fn socket(&self) -> Option<&Arc<T::Socket>> {
        match &self.phase {
            Phase::Idle(socket) | Phase::Exchanging(socket) => Some(socket),
            Phase::Connecting { socket, .. } => socket.as_ref(),
            Phase::Closed | Phase::Lookup => None,
        }
    }

    /// The host's name to look up.
    pub fn host(&self) -> Option<&str> {
        match &self.address {
            Address::Tcp { host, .. } => Some(host),
            Address::Unix { .. } => None,
        }
    }

    /// The server that it connects to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its state and generation.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    // From here on in the order in which an exchange goes through them.

    fn open(&mut self, now: Instant) -> Step {
        self.status.set(ConnectionState::Connecting);
        let target = match &self.address {
            Address::Unix { path } => Target::Unix(path.clone()),
            Address::Tcp { host, port } => match host.parse::<IpAddr>() {
                Ok(ip) => Target::Tcp(SocketAddr::new(ip, *port)),
                Err(_) => {
                    self.phase = Phase::Lookup;
                    return Step::Wait(self.wait());
                }
            },
        };
        self.attempt(VecDeque::from([target]), now)
    }

    fn resolved(&mut self, result: io::Result<Vec<IpAddr>>, now: Instant) -> Step {
        let Address::Tcp { host, port } = &self.address else {
            unreachable!("only a host's name is looked up");
        };
        match result {
            Ok(found) if !found.is_empty() => {
                let targets = found.into_iter().map(|ip| Target::Tcp(SocketAddr::new(ip, *port)));
                self.attempt(targets.collect(), now)
            }
            Ok(_) => {
                let source = io::Error::new(io::ErrorKind::NotFound, "it has no address");
                self.fail(Kind::Lookup { host: host.clone(), source })
            }
            Err(source) => self.fail(Kind::Lookup { host: host.clone(), source }),
        }
    }

    /// Tries the targets in turn. Each gets an equal share of the time that is left, so that one which never answers
    /// does not take it all.
    fn attempt(&mut self, mut targets: VecDeque<Target>, now: Instant) -> Step {
        let mut last_error = None;
        while let Some(target) = targets.front() {
            let share = self.deadline().saturating_duration_since(now) / targets.len() as u32;
            match self.transport.connect(target) {
                Ok(socket) => {
                    let until = now + share;
                    self.phase =
                        Phase::Connecting { socket: Some(Arc::new(socket)), targets, until };
                    return self.check_connect(now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let until = (now + CONNECT_RETRY).min(self.deadline());
                    self.phase = Phase::Connecting { socket: None, targets, until };
                    return Step::Wait(self.wait());
                }
                Err(error) => {
                    last_error = Some(error);
                    targets.pop_front();
                }
            }
        }
        self.fail(Kind::Connect {
            source: last_error.unwrap_or_else(|| io::ErrorKind::TimedOut.into()),
        })
    }

    fn check_connect(&mut self, now: Instant) -> Step {
        let Phase::Connecting { socket: Some(socket), targets, .. } = &mut self.phase else {
            return Step::Wait(self.wait());
        };
        match socket.connected() {
            Ok(false) => Step::Wait(self.wait()),
            Ok(true) => {
                self.phase = Phase::Exchanging(Arc::clone(socket));
                self.status.count_connect();
                self.exchange_mut().put_preamble_first();
                self.advance(now)
            }
            Err(source) if targets.len() == 1 => self.fail(Kind::Connect { source }),
            Err(_) => self.next_attempt(now),
        }
    }

    /// Leaves a target that failed or did not answer in its time; one that had no room is tried again.
    fn next_attempt(&mut self, now: Instant) -> Step {
        let Phase::Connecting { socket, targets, .. } = &mut self.phase else {
            unreachable!("only a connect that is under way goes on to the next target");
        };
        let mut targets = std::mem::take(targets);
        if socket.is_some() {
            targets.pop_front();
        }
        self.attempt(targets, now)
    }

    fn advance(&mut self, now: Instant) -> Step {
        let Phase::Exchanging(socket) = &self.phase else {
            unreachable!("bytes travel only over a connected socket");
        };
        let socket = Arc::clone(socket);
        match self.exchange_mut().advance(&*socket) {
            Progress::Wait => Step::Wait(self.wait()),
            Progress::Complete => self.complete(None),
            // What an idle socket should have told before came only now: nothing was sent, so nobody notices.
            Progress::Broken(_) if self.exchange_mut().can_move() => self.open(now),
            Progress::Broken(kind) => self.complete(Some(kind)),
        }
    }

    fn time_out(&mut self) -> Step {
        let during = match &self.phase {
            Phase::Closed | Phase::Idle(_) => Stage::Start,
            Phase::Lookup => Stage::Lookup,
            Phase::Connecting { .. } => Stage::Connect,
            Phase::Exchanging(socket) => {
                let socket = Arc::clone(socket);
                // The caller may come late, and the replies have been waiting: then they count.
                match self.exchange_mut().receive_last(&*socket) {
                    Progress::Wait => self.exchange_mut().stage(),
                    Progress::Complete => return self.complete(None),
                    Progress::Broken(kind) => return self.complete(Some(kind)),
                }
            }
        };
        self.fail(Kind::Timeout { during })
    }

    fn fail(&mut self, kind: Kind) -> Step {
        self.complete(Some(kind))
    }

    fn complete(&mut self, broken: Option<Kind>) -> Step {
        let (exchange, _) = self.exchange.take().expect("only an exchange under way completes");
        let (completion, reusable) = exchange.complete(broken);
        let lengths = completion.segments.iter().map(|segment| segment.bytes().len());
        self.last_longest = lengths.max().unwrap_or(0);
        self.phase = match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Exchanging(socket) if reusable => Phase::Idle(socket),
            // Whatever has failed, a late reply must not reach the next batch: the socket ends here.
            _ => {
                self.status.set(ConnectionState::Aborted);
                Phase::Closed
            }
        };
        Step::Done(completion)
    }

    fn wait(&mut self) -> Wait {
        let deadline = self.deadline();
        match &self.phase {
            Phase::Closed | Phase::Idle(_) => unreachable!("nothing is under way"),
            Phase::Lookup => Wait { awaited: Awaited::Lookup, until: deadline },
            Phase::Connecting { socket: None, until, .. } => {
                Wait { awaited: Awaited::Time, until: *until }
            }
            Phase::Connecting { socket: Some(_), until, .. } => {
                Wait { awaited: Awaited::Socket { readable: false, writable: true }, until: *until }
            }
            Phase::Exchanging(_) => {
                let writable = self.exchange_mut().has_more_to_send();
                Wait { awaited: Awaited::Socket { readable: true, writable }, until: deadline }
            }
        }
    }

    fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange.as_mut().expect("called only while an exchange is under way").0
    }

    fn deadline(&self) -> Instant {
        self.exchange.as_ref().expect("called only while an exchange is under way").1
    }
}

/// Whether an idle socket is still open and nothing has arrived on it. An end of file means that the server closed it;
/// bytes mean replies that nobody asked for. Either way it is not used again.
fn is_quiet(socket: &impl Socket) -> bool {
    matches!(socket.receive(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
