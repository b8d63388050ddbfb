//! One server address and the life of its socket: resolve, connect, authorise, exchange, abort.
//!
//! A [`Connection`] never waits. [`Connection::start`] begins a batch's exchange and says what it waits for;
//! [`Connection::resume`] is told that it happened, or that the time is up, and says what comes next, until it is
//! [`Step::Done`]. MariaDB's non-blocking client API has the same shape (`mysql_real_query_start` and `_cont`).

mod exchange;
mod options;
mod race;
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

pub use exchange::{Completion, Failure};
pub use options::{DEFAULT_MAX_REPLY_BYTES, Options, SecretError};
pub use socket::{Network, NetworkSocket, Socket, Target, Transport};
pub use status::{ConnectionState, Status};

/// One server address; see the module's documentation.
pub struct Connection<T: Transport = Network> {
    address: Address,
    options: Arc<Options>,
    status: Arc<Status>,
    transport: T,
    phase: Phase<T::Socket>,
    /// The address of the last connect that succeeded. A connect begins with it.
    last_address: Option<IpAddr>,
    /// The length of the longest segment that the last exchange received.
    last_longest: usize,
    /// The exchange under way and when it has to be over.
    exchange: Option<(Exchange, Instant)>,
}

enum Phase<S> {
    Closed,
    Idle(Arc<S>),
    Lookup,
    Connecting(Race<S>),
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
    /// Readiness of any of [`Connection::sockets`]: [`Event::Ready`]. With none it is the time that counts.
    Sockets {
        /// Wait until something can be received.
        readable: bool,
        /// Wait until something can be sent, or a connect has ended.
        writable: bool,
    },
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A socket is ready, or may be: which one need not be said, and a mistaken call costs a system call and does no harm.
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
            last_address: None,
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
        let is_open = self.is_open();
        self.begin(batch, deadline, now, is_open)
    }

    /// As [`Self::start`], but gives the batch back if the connection has to connect first.
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

    /// Whether there is an idle socket that the server has not closed. One that it has closed is given up here.
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
        // One value is often as long as the last.
        let exchange = Exchange::new(batch, Arc::clone(&self.options), self.last_longest);
        self.exchange = Some((exchange, deadline));
        match std::mem::replace(&mut self.phase, Phase::Closed) {
            Phase::Idle(socket) if is_open => {
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
            (Event::Ready | Event::Time, Phase::Connecting(_)) => self.race(now),
            (Event::Ready, Phase::Exchanging(_)) => self.advance(now),
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

    /// How much has been received of the exchange under way; `None` if none is, or not yet on a connected socket.
    pub fn received_bytes(&self) -> Option<usize> {
        match (&self.phase, &self.exchange) {
            (Phase::Exchanging(_), Some((exchange, _))) => Some(exchange.received_bytes()),
            _ => None,
        }
    }

    /// The sockets to wait for: several while attempts to connect race, one otherwise, or none.
    pub fn sockets(&self) -> impl Iterator<Item = &Arc<T::Socket>> + Clone {
        let (one, racing) = match &self.phase {
            Phase::Idle(socket) | Phase::Exchanging(socket) => (Some(socket), None),
            Phase::Connecting(race) => (None, Some(race.sockets())),
            Phase::Closed | Phase::Lookup => (None, None),
        };
        one.into_iter().chain(racing.into_iter().flatten())
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
            unreachable!("only attempts to connect race");
        };
        match race.advance(&mut self.transport, now) {
            race::Progress::Wait => Step::Wait(self.wait()),
            race::Progress::Won(Attempt { target, socket }) => {
                self.last_address = target.ip();
                // This drops the other attempts' sockets.
                self.phase = Phase::Exchanging(socket);
                self.status.count_connect();
                self.exchange_mut().put_preamble_first();
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
            // What an idle socket should have told before came only now: nothing was sent, so nobody notices.
            Progress::Broken(_) if self.exchange_mut().can_move() => self.open(now),
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
