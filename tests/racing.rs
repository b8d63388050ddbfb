//! Connection attempts that race, by the driver on real sockets.

// Only Linux has all of 127.0.0.0/8.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hansock::address::Address;
use hansock::connection::{DEFAULT_MAX_REPLY_BYTES, Event, Options};
use hansock::driver::{Acquired, ConnectionSlot, Driver, ExecuteId, new_execute_id};
use hansock::executor::Executor;
use hansock::protocol::Batch;
use socket2::{Domain, Socket, Type};

const PATIENCE: Duration = Duration::from_secs(20);
const HEAD_START: Duration = Duration::from_millis(250);
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];

#[test]
fn connects_to_the_next_address_after_250_ms_of_silence() {
    let [first, second] = listen_on_one_port();
    let _queued = fill(&first);
    let race = Race::to(&first);
    let server = thread::spawn(move || serve(&accept(&second)));
    let begun = race.begun;
    race.run();
    let elapsed = begun.elapsed();
    assert!((HEAD_START..PATIENCE / 2).contains(&elapsed), "{elapsed:?}");
    server.join().expect("the server saw a command");
}

/// The system repeats a connect that found no room after a second. The driver has to notice that it
/// completes then, while another attempt does not.
#[test]
fn watches_every_racing_socket() {
    let [first, second] = listen_on_one_port();
    let _queued = fill(&first);
    let queued = fill(&second);
    let mut race = Race::to(&first);
    race.executor.resume(0, Event::Time, race.begun + HEAD_START);
    let connection = race.executor.connection(0).expect("the pair has a connection");
    assert_eq!(connection.sockets().count(), 2);
    let server = thread::spawn(move || {
        let _others = queued.map(|queued| (queued, accept(&second)));
        serve(&accept(&second));
    });
    race.run();
    server.join().expect("the server saw a command");
}

/// A batch of one command for a name that was resolved to [`ADDRESSES`].
struct Race {
    id: ExecuteId,
    driver: Driver,
    slot: Arc<ConnectionSlot>,
    executor: Executor,
    begun: Instant,
}

impl Race {
    fn to(listener: &TcpListener) -> Self {
        let address = Address::tcp("db.example", address_of(listener).port().into());
        let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
        let (address, options) = (
            address.expect("the name is valid"),
            options.expect("options without a secret are valid"),
        );
        let slot = Arc::new(ConnectionSlot::new(address, options, 0));
        let id = new_execute_id();
        let driver = Driver::new().expect("descriptors are left for a poller");
        let Acquired::Ready(connection) = slot.acquire(&driver, (id, 0), false) else {
            panic!("the connection is free");
        };
        let begun = Instant::now();
        let mut executor = Executor::new(begun + PATIENCE);
        executor.add(
            Some(connection),
            Batch::from_bytes(b"x\n".to_vec()).expect("the command is whole"),
        );
        executor.start(begun);
        let found = ADDRESSES.map(IpAddr::from).to_vec();
        executor.resume(0, Event::Resolved(Ok(found)), begun);
        Self { id, driver, slot, executor, begun }
    }

    fn run(self) {
        let mut finished = self.driver.run_to_end(self.id, self.executor, vec![self.slot]);
        let completion = finished.completions.pop().expect("there is one pair");
        let failure = completion.failure.map(|failure| failure.error.to_string());
        assert_eq!(failure, None);
    }
}

/// Listens on the same port of both [`ADDRESSES`].
fn listen_on_one_port() -> [TcpListener; 2] {
    loop {
        let first = listen((ADDRESSES[0], 0).into()).expect("a port is free");
        if let Ok(second) = listen((ADDRESSES[1], address_of(&first).port()).into()) {
            return [first, second];
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&address.into())?;
    socket.listen(1)?;
    Ok(socket.into())
}

/// Fills the queue of a listener: with a length of 1 it is full when it holds two.
fn fill(listener: &TcpListener) -> [TcpStream; 2] {
    [(); 2].map(|()| TcpStream::connect(address_of(listener)).expect("the queue has room"))
}

fn address_of(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("the listener is bound")
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().expect("a client connects").0
}

/// Answers one command.
fn serve(mut stream: &TcpStream) {
    BufReader::new(stream).read_line(&mut String::new()).expect("the command is whole");
    stream.write_all(b"0\t1\n").expect("the reply is sent");
}
