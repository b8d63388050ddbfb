//! The simulated network: a clock that only moves when it is told to, names, peers, and the links
//! to them.

use std::cell::{RefCell, RefMut};
use std::io::{self, ErrorKind, IoSlice};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hansock::address::Address;
use hansock::connection::{Completion, Connection, Options, Socket, Target, Transport};
use hansock::protocol::Batch;

use super::event_loop::EventLoop;
use super::link::{Connecting, Link, LinkReport};
use super::plan::{Fault, Plan};
use super::server::Peer;

pub type SimulatedConnection = Connection<World>;

/// A handle to the network, which its sockets share.
#[derive(Clone)]
pub struct World(Rc<RefCell<State>>);

/// The client's end of a link.
pub struct SimulatedSocket {
    world: World,
    link: usize,
}

/// The result of a connect.
#[derive(Clone, Copy, Debug)]
pub enum Connect {
    AtOnce,
    After(Duration),
    Never,
    /// The call itself fails.
    Refused,
    RefusedAfter(Duration),
    /// The call fails with `WouldBlock`.
    NoRoom,
}

/// The result of a look-up, and the time that it takes.
#[derive(Clone, Debug)]
pub struct Name {
    pub addresses: Result<Vec<IpAddr>, ErrorKind>,
    pub delay: Duration,
}

/// The contents of the network.
struct State {
    now: Instant,
    peers: Vec<(Target, Peer)>,
    names: Vec<(String, Name)>,
    links: Vec<Link>,
    connects: Vec<(Target, Instant)>,
}

impl World {
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(State {
            // Only differences to this time matter: no test reads the clock again.
            now: Instant::now(),
            peers: Vec::new(),
            names: Vec::new(),
            links: Vec::new(),
            connects: Vec::new(),
        })))
    }

    /// Makes a world with one peer at [`super::SERVER`].
    pub fn with(peer: Peer) -> Self {
        let world = Self::new();
        world.add_peer(super::SERVER, peer);
        world
    }

    /// Adds a peer. Its address must need no look-up.
    pub fn add_peer(&self, address: &str, peer: Peer) {
        let target = match address.strip_prefix("unix:") {
            Some(path) => Target::Unix(path.to_owned()),
            None => Target::Tcp(address.parse().expect("a peer has a resolved address")),
        };
        self.state().peers.push((target, peer));
    }

    /// Adds a name, or replaces it.
    pub fn add_name(&self, host: &str, name: Name) {
        let names = &mut self.state().names;
        names.retain(|(known, _)| known != host);
        names.push((host.to_owned(), name));
    }

    pub fn connection(&self, address: &str, options: Options) -> SimulatedConnection {
        let address: Address = address.parse().expect("the address is valid");
        Connection::over(self.clone(), address, Arc::new(options), Arc::default())
    }

    /// Runs one batch, which must end before the deadline.
    pub fn execute(
        &self,
        connection: SimulatedConnection,
        batch: &Batch,
    ) -> (SimulatedConnection, Completion) {
        EventLoop::new(self, super::PLENTY).pair(connection, batch).run_one()
    }

    pub fn now(&self) -> Instant {
        self.state().now
    }

    pub fn move_clock(&self, to: Instant) {
        let mut state = self.state();
        assert!(to >= state.now, "time does not run backwards");
        state.now = to;
        for link in &mut state.links {
            link.pass_time(to);
        }
    }

    /// Lets a fault happen on a link.
    pub fn happen(&self, link: usize, fault: Fault) {
        let now = self.now();
        self.state().links[link].happen(fault, now);
    }

    pub fn link(&self, link: usize) -> LinkReport {
        self.state().links[link].report()
    }

    pub fn link_count(&self) -> usize {
        self.state().links.len()
    }

    /// The connects that were tried, and their times.
    pub fn connects(&self) -> Vec<(Target, Instant)> {
        self.state().connects.clone()
    }

    /// The commands that all servers have executed, in the order of the links.
    pub fn executed(&self) -> Vec<Vec<u8>> {
        self.state().links.iter().flat_map(|link| link.report().executed).collect()
    }

    pub(super) fn activity(&self) -> usize {
        self.state().links.iter().map(Link::activity).sum()
    }

    pub(super) fn name(&self, host: &str) -> Name {
        let state = self.state();
        let known = state.names.iter().find(|(name, _)| name == host);
        known.map(|(_, name)| name.clone()).expect("a test names every host it looks up")
    }

    pub(super) fn readiness(&self, socket: &SimulatedSocket) -> (bool, bool) {
        let state = self.state();
        state.links[socket.link].readiness(state.now)
    }

    pub(super) fn has_accepted_last(&self, socket: &SimulatedSocket, bytes: &[u8]) -> bool {
        self.state().links[socket.link].has_accepted_last(bytes)
    }

    pub(super) fn next_moment(&self) -> Option<Instant> {
        let state = self.state();
        state.links.iter().filter_map(|link| link.next_moment(state.now)).min()
    }

    fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }
}

impl Transport for World {
    type Socket = SimulatedSocket;

    fn connect(&mut self, target: &Target) -> io::Result<SimulatedSocket> {
        let mut guard = self.state();
        let state = &mut *guard;
        let now = state.now;
        state.connects.push((target.clone(), now));
        let peer = state.peers.iter_mut().find(|(known, _)| known == target);
        let Some((_, peer)) = peer else {
            return Err(ErrorKind::ConnectionRefused.into());
        };
        let connecting = match peer.connects.pop_front().unwrap_or(Connect::AtOnce) {
            Connect::AtOnce => Connecting::Completes(now),
            Connect::After(delay) => Connecting::Completes(now + delay),
            Connect::RefusedAfter(delay) => Connecting::Fails(now + delay),
            Connect::Never => Connecting::Never,
            Connect::Refused => return Err(ErrorKind::ConnectionRefused.into()),
            Connect::NoRoom => return Err(ErrorKind::WouldBlock.into()),
        };
        let plan = peer.links.pop_front().unwrap_or_else(Plan::default);
        state.links.push(Link::new(peer.clone(), plan, connecting, now));
        let link = state.links.len() - 1;
        drop(guard);
        Ok(SimulatedSocket { world: self.clone(), link })
    }
}

impl SimulatedSocket {
    fn call<R>(&self, call: impl FnOnce(&mut Link, Instant) -> R) -> R {
        let mut state = self.world.state();
        let now = state.now;
        call(&mut state.links[self.link], now)
    }
}

impl Socket for SimulatedSocket {
    fn connected(&self) -> io::Result<bool> {
        self.call(|link, now| link.connected(now))
    }

    fn send(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter()).copied().collect();
        self.call(|link, now| link.send(&bytes, now))
    }

    fn receive(&self, space: &mut [u8]) -> io::Result<usize> {
        self.call(|link, now| link.receive(space, now))
    }
}

impl Drop for SimulatedSocket {
    fn drop(&mut self) {
        self.call(|link, _| link.let_go());
    }
}
