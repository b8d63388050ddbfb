//! A connection to one server address and the life of its socket: resolve, connect, authorise,
//! exchange, abort.
//!
//! A [`Connection`] never waits. [`Connection::start`] starts a batch and returns a [`Step`]:
//! either [`Step::Wait`], which says what to wait for, or [`Step::Done`]. After a wait the caller
//! calls [`Connection::resume`] with the [`Event`] that happened, until the step is `Done`.
//! MariaDB's non-blocking client API has the same shape (`mysql_real_query_start` and `_cont`).
//!
//! ```text
//!           start: name           resolved
//!   Closed ─────────────▶ Lookup ─────────▶ Connecting ◀─── start: IP address, Unix socket
//!     ▲                                         │ connected: the preamble goes first
//!     │ any failure, deadline, close            ▼
//!     ├──────────────────────────────────── Exchanging ◀──┐
//!     │                                         │ last    │ start
//!     │ the server closed it                    ▼ reply   │
//!     └─────────────────────────────────────── Idle ──────┘
//! ```
//!
//! A socket on which anything failed is closed, so that a late reply never reaches the next batch.

mod exchange;
mod options;
mod race;
mod registration;
mod socket;
mod status;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::address::Address;
use crate::error::{Kind, Stage};
use crate::protocol::Batch;
use exchange::{Exchange, Progress};
use race::{Attempt, Race, in_order};

pub(crate) use exchange::MIN_BYTES_PER_TURN;
pub use exchange::{Completion, Failure};
pub use options::{DEFAULT_MAX_REPLY_BYTES, Options, SecretError};
pub use socket::{Network, NetworkSocket, Socket, Target, Transport};
pub use status::{ConnectionState, Status};

/// The exchanges after which the system is asked again for the round trip of the socket.
const EXCHANGES_PER_MEASUREMENT: u32 = 64;

/// A connection to one server address. The module's documentation has its states.
pub struct Connection<T: Transport = Network> {
    address: Address,
    options: Arc<Options>,
    status: Arc<Status>,
    transport: T,
    phase: Phase<T::Socket>,
    /// The address of the last successful connect. The next connect tries it first.
    last_address: Option<IpAddr>,
    /// The length of the longest segment that the last exchange received.
    last_longest_segment: usize,
    /// The number of successful exchanges.
    exchanges: u32,
    /// The exchange in flight and its deadline.
    exchange: Option<(Exchange, Instant)>,
}

/// The states of the diagram above, with the sockets that each has.
enum Phase<S> {
    Closed,
    Idle(Arc<S>),
    Lookup,
    Connecting(Race<S>),
    Exchanging(Arc<S>),
}

/// The result of [`Connection::start`] and [`Connection::resume`].
#[must_use = "a step holds the batch's completion, or what has to be waited for"]
#[derive(Debug)]
pub enum Step {
    /// Wait, then call [`Connection::resume`].
    Wait(Wait),
    /// The batch has ended.
    Done(Completion),
}

/// What to wait for before calling [`Connection::resume`], and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The awaited event.
    pub awaited: Awaited,
    /// The time at which to resume with [`Event::Time`] if nothing has happened.
    pub until: Instant,
}

/// An event that a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The addresses of [`Connection::host`]. They are reported by [`Event::Resolved`].
    Lookup,
    /// Readiness of any of [`Connection::sockets`], which is reported by [`Event::Ready`]. Without
    /// sockets only the time counts.
    Sockets {
        /// Wait until the socket can be received from.
        readable: bool,
        /// Wait until the socket can be sent to, or until its connect has ended.
        writable: bool,
    },
}

/// An event to tell a connection.
#[derive(Debug)]
pub enum Event {
    /// A socket is ready, or may be. Which one need not be known; a false report costs one system
    /// call and does no harm.
    Ready,
    /// The look-up ended.
    Resolved(io::Result<Vec<IpAddr>>),
    /// The time of [`Wait::until`] has come.
    Time,
}

impl Connection<Network> {
    /// Makes a connection over the operating system's sockets. It does no I/O before its first use.
    pub fn new(address: Address, options: Arc<Options>) -> Self {
        Self::over(Network, address, options, Arc::default())
    }
}

impl<T: Transport> Connection<T> {
    /// Makes a connection over any transport. It reports to `status`.
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
            last_address: None,
            last_longest_segment: 0,
            exchanges: 0,
            exchange: None,
        }
    }

    /// Starts to send `batch` and to receive its replies, which has to end by `deadline`. A batch
    /// without commands is done at once. So is a batch whose deadline has passed: it is not sent.
    ///
    /// # Panics
    /// If an exchange is in flight.
    pub fn start(&mut self, batch: Batch, deadline: Instant, now: Instant) -> Step {
        assert!(self.exchange.is_none(), "a connection carries one exchange at a time");
        if batch.commands() == 0 {
            return Step::Done(Completion::empty());
        }
        if now >= deadline {
            return Step::Done(Completion::not_started(Kind::Timeout { during: Stage::Start }));
        }
        let is_open = self.is_open();
        self.begin(batch, deadline, now, is_open)
    }

    /// Starts a batch as [`Self::start`] does if the connection is open, and returns the batch
    /// otherwise.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_connected(
        &mut self,
        batch: Batch,
        deadline: Instant,
        now: Instant,
    ) -> Result<Step, Batch> {
        if batch.commands() == 0 || now >= deadline {
            return Ok(self.start(batch, deadline, now));
        }
        match self.is_open() {
            true => Ok(self.begin(batch, deadline, now, true)),
            false => Err(batch),
        }
    }

    /// Whether there is an idle socket that the server has not closed. A socket that the server has
    /// closed is dropped here.
    fn is_open(&mut self) -> bool {
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Idle(socket) if is_quiet(&*socket) => {
                self.phase = Phase::Idle(socket);
                true
            }
            Phase::Idle(_) => {
                self.status.set(ConnectionState::Aborted);
                false
            }
            phase => {
                self.phase = phase;
                false
            }
        }
    }

    fn begin(&mut self, batch: Batch, deadline: Instant, now: Instant, is_open: bool) -> Step {
        // Expect a reply as long as the last one: values of one kind often have similar lengths.
        let exchange = Exchange::new(batch, Arc::clone(&self.options), self.last_longest_segment);
        self.exchange = Some((exchange, deadline));
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Idle(socket) if is_open => {
                self.phase = Phase::Exchanging(socket);
                self.advance(now)
            }
            _ => self.open(now),
        }
    }

    /// Continues after an event.
    ///
    /// # Panics
    /// If no exchange is in flight.
    pub fn resume(&mut self, event: Event, now: Instant) -> Step {
        if now >= self.deadline() {
            // Whatever has happened, nothing more is started or sent after the deadline.
            return self.time_out();
        }
        match (event, &self.phase) {
            (Event::Resolved(result), Phase::Lookup) => self.resolved(result, now),
            (Event::Ready | Event::Time, Phase::Connecting(_)) => self.race(now),
            (Event::Ready, Phase::Exchanging(_)) => self.advance(now),
            _ => Step::Wait(self.wait()),
        }
    }

    /// Closes the socket. An exchange in flight ends with `ERR_HS_CLOSED`. The connection can be
    /// used again.
    pub fn close(&mut self) -> Option<Completion> {
        let completion = self.abort(Kind::Closed);
        self.phase = Phase::Closed;
        self.status.set(ConnectionState::Closed);
        completion
    }

    /// Ends the exchange in flight, if there is one, and closes its socket.
    pub(crate) fn abort(&mut self, kind: Kind) -> Option<Completion> {
        self.exchange.as_ref()?;
        match self.fail(kind) {
            Step::Done(completion) => Some(completion),
            Step::Wait(_) => unreachable!("an exchange that failed is done"),
        }
    }

    /// The bytes received for the exchange in flight; `None` if there is none, or if it is not
    /// connected yet.
    pub fn received_bytes(&self) -> Option<usize> {
        match (&self.phase, &self.exchange) {
            (Phase::Exchanging(_), Some((exchange, _))) => Some(exchange.received_bytes()),
            _ => None,
        }
    }

    /// The sockets to watch: several while connection attempts race, otherwise one or none.
    pub fn sockets(&self) -> impl Iterator<Item = &Arc<T::Socket>> + Clone {
        let (one, racing) = match &self.phase {
            Phase::Idle(socket) | Phase::Exchanging(socket) => (Some(socket), None),
            Phase::Connecting(race) => (None, Some(race.sockets())),
            Phase::Closed | Phase::Lookup => (None, None),
        };
        one.into_iter().chain(racing.into_iter().flatten())
    }

    /// The host name to look up.
    pub fn host(&self) -> Option<&str> {
        match &self.address {
            Address::Tcp { host, .. } => Some(host),
            Address::Unix { .. } => None,
        }
    }

    /// The server's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The connection's state and connect count, readable from any thread.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    // The steps of an exchange follow, in the order in which it takes them.

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
        self.connect([target], now)
    }

    fn resolved(&mut self, result: io::Result<Vec<IpAddr>>, now: Instant) -> Step {
        let Address::Tcp { host, port } = &self.address else {
            unreachable!("only a host's name is looked up");
        };
        match result {
            Ok(found) if !found.is_empty() => {
                let port = *port;
                let addresses = in_order(found, self.last_address);
                self.connect(addresses.map(|ip| Target::Tcp(SocketAddr::new(ip, port))), now)
            }
            Ok(_) => {
                let source = io::Error::new(io::ErrorKind::NotFound, "it has no address");
                self.fail(Kind::Lookup { host: host.clone(), source })
            }
            Err(source) => self.fail(Kind::Lookup { host: host.clone(), source }),
        }
    }

    fn connect(&mut self, targets: impl IntoIterator<Item = Target>, now: Instant) -> Step {
        self.phase = Phase::Connecting(Race::new(targets, now));
        self.race(now)
    }

    fn race(&mut self, now: Instant) -> Step {
        let Phase::Connecting(race) = &mut self.phase else {
            unreachable!("only connection attempts race");
        };
        match race.advance(&mut self.transport, now) {
            race::Progress::Wait => Step::Wait(self.wait()),
            race::Progress::Won(Attempt { target, socket }) => {
                self.last_address = target.ip();
                // Replacing the phase drops the sockets of the other attempts.
                self.phase = Phase::Exchanging(socket);
                self.status.count_connect();
                self.exchange_mut().prepend_preamble();
                self.advance(now)
            }
            race::Progress::Lost(source) => self.fail(Kind::Connect { source }),
        }
    }

    fn advance(&mut self, now: Instant) -> Step {
        let Phase::Exchanging(socket) = &self.phase else {
            unreachable!("bytes travel only over a connected socket");
        };
        let socket = Arc::clone(socket);
        match self.exchange_mut().advance(&*socket) {
            Progress::Wait => Step::Wait(self.wait()),
            Progress::Complete => self.complete(None),
            // The socket turned out to be closed before anything was sent, so a new one can take
            // its place.
            Progress::Broken(_) if self.exchange_mut().can_reconnect() => self.open(now),
            Progress::Broken(kind) => self.complete(Some(kind)),
        }
    }

    fn time_out(&mut self) -> Step {
        let during = match &self.phase {
            Phase::Closed | Phase::Idle(_) => Stage::Start,
            Phase::Lookup => Stage::Lookup,
            Phase::Connecting(_) => Stage::Connect,
            Phase::Exchanging(socket) => {
                let socket = Arc::clone(socket);
                // The caller can be late. Replies that have arrived meanwhile count.
                match self.exchange_mut().receive_late(&*socket) {
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
        let (exchange, _) = self.exchange.take().expect("only an exchange in flight completes");
        let (completion, reusable) = exchange.complete(broken);
        let lengths = completion.segments.iter().map(|segment| segment.bytes().len());
        self.last_longest_segment = lengths.max().unwrap_or(0);
        self.phase = match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Exchanging(socket) if reusable => {
                self.note_round_trip(&socket);
                Phase::Idle(socket)
            }
            // After any failure the socket is closed, so that a late reply never reaches the next
            // batch.
            _ => {
                self.status.set(ConnectionState::Aborted);
                Phase::Closed
            }
        };
        Step::Done(completion)
    }

    /// Asks the system for the round trip at every nth exchange only: asking takes as long as a
    /// receive.
    fn note_round_trip(&mut self, socket: &T::Socket) {
        if self.exchanges.is_multiple_of(EXCHANGES_PER_MEASUREMENT)
            && let Some(round_trip) = socket.round_trip()
        {
            self.status.set_round_trip(round_trip);
        }
        self.exchanges = self.exchanges.wrapping_add(1);
    }

    fn wait(&mut self) -> Wait {
        let deadline = self.deadline();
        match &self.phase {
            Phase::Closed | Phase::Idle(_) => unreachable!("no exchange is in flight"),
            Phase::Lookup => Wait { awaited: Awaited::Lookup, until: deadline },
            Phase::Connecting(race) => {
                let until = race.until().map_or(deadline, |until| until.min(deadline));
                Wait { awaited: Awaited::Sockets { readable: false, writable: true }, until }
            }
            Phase::Exchanging(_) => {
                let writable = self.exchange_mut().has_more_to_send();
                Wait { awaited: Awaited::Sockets { readable: true, writable }, until: deadline }
            }
        }
    }

    fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange.as_mut().expect("called only while an exchange is in flight").0
    }

    fn deadline(&self) -> Instant {
        self.exchange.as_ref().expect("called only while an exchange is in flight").1
    }
}

/// Whether an idle socket is open and has received nothing. An end of file means that the server
/// closed it, bytes mean replies that no command asked for. In both cases it must not be used
/// again.
fn is_quiet(socket: &impl Socket) -> bool {
    matches!(socket.receive(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
