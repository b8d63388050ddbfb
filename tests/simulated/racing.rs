//! Hosts with several addresses: connection attempts race, and one wins.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hansock::connection::{Completion, ConnectionState, Event, Step, Target};
use hansock::error::Outcome;

use crate::support::*;

const HOST: &str = "db.example:9998";
const UNCONNECTED: Option<(&str, Outcome)> = Some(("ERR_HS_CONNECT", Outcome::NotSent));
const TIMED_OUT: Option<(&str, Outcome)> = Some(("ERR_HS_TIMEOUT", Outcome::NotSent));
const TIMEOUT: Duration = Duration::from_secs(5);
/// The addresses of the host in most tests.
const ADDRESSES: [&str; 3] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];

#[test]
fn tries_the_next_address_at_once_after_a_refusal() {
    for (refused, delay) in [(Connect::Refused, 0), (Connect::RefusedAfter(milliseconds(7)), 7)] {
        let world = world_of([refused, refused, Connect::AtOnce]);
        let (connection, completion) = run(&world, connection(&world));
        assert_success(&completion, &finds("a", 1));
        let expected = format!("10.0.0.1 at 0, 10.0.0.2 at {delay}, 10.0.0.3 at {}", 2 * delay);
        assert_eq!(begun(&world), expected);
        assert_eq!(connection.status().generation(), 1);
        assert_open(&world, 1);
    }
}

#[test]
fn tries_the_next_address_after_250_ms_of_silence() {
    let world = world_of([Connect::Never, Connect::After(milliseconds(9)), Connect::AtOnce]);
    let began = world.now();
    let (connection, completion) = run(&world, connection(&world));
    assert_success(&completion, &finds("a", 1));
    assert_eq!(begun(&world), "10.0.0.1 at 0, 10.0.0.2 at 250");
    assert_eq!(world.now() - began, milliseconds(259));
    assert_eq!(connection.status().generation(), 1);
    assert_open(&world, 1);
}

#[test]
fn lets_the_first_attempt_win_although_a_second_one_started() {
    let late = Connect::After(milliseconds(300));
    let world = world_of([late, Connect::After(milliseconds(100)), Connect::AtOnce]);
    let began = world.now();
    let (_connection, completion) = run(&world, connection(&world));
    assert_success(&completion, &finds("a", 1));
    assert_eq!(begun(&world), "10.0.0.1 at 0, 10.0.0.2 at 250");
    assert_eq!(world.now() - began, milliseconds(300));
    assert!(!world.link(0).is_dropped && world.link(1).is_dropped);
    assert!(world.link(1).accepted.is_empty(), "only the winner gets bytes");
}

#[test]
fn delays_each_attempt_by_250_ms_for_a_silent_address() {
    let world = world_of([Connect::Never, Connect::Never, Connect::After(milliseconds(9))]);
    let (_connection, completion) = run(&world, connection(&world));
    assert_success(&completion, &finds("a", 1));
    assert_eq!(begun(&world), "10.0.0.1 at 0, 10.0.0.2 at 250, 10.0.0.3 at 500");
    assert_open(&world, 1);
}

#[test]
fn starts_the_next_attempt_at_once_only_if_the_last_one_fails() {
    let (at_10, at_300) =
        (Connect::RefusedAfter(milliseconds(10)), Connect::RefusedAfter(milliseconds(300)));
    for (connects, third_at) in [([Connect::Never, at_10], 260), ([at_300, Connect::Never], 500)] {
        let world = world_of([connects[0], connects[1], Connect::AtOnce]);
        let (_, completion) = run(&world, connection(&world));
        assert_success(&completion, &finds("a", 1));
        let expected = format!("10.0.0.1 at 0, 10.0.0.2 at 250, 10.0.0.3 at {third_at}");
        assert_eq!(begun(&world), expected);
    }
}

#[test]
fn tries_other_addresses_while_one_has_no_room() {
    let world = world_of([Connect::NoRoom, Connect::Never, Connect::Never]);
    let (_, completion) = run(&world, connection(&world));
    assert_success(&completion, &finds("a", 1));
    let expected = "10.0.0.1 at 0, 10.0.0.2 at 2, 10.0.0.3 at 252, 10.0.0.1 at 502";
    assert_eq!(begun(&world), expected);
}

#[test]
fn fails_with_the_last_error_if_all_addresses_fail() {
    let refused = Connect::RefusedAfter(milliseconds(10));
    for (connects, duration) in [
        ([Connect::Refused, refused, Connect::Refused], 10),
        ([refused, refused, refused], 30),
        ([Connect::RefusedAfter(milliseconds(400)), refused, refused], 400),
    ] {
        let world = world_of(connects);
        let began = world.now();
        let (connection, completion) = run(&world, connection(&world));
        assert_eq!(failure(&completion), UNCONNECTED, "{connects:?}");
        let error = completion.failure.expect("the batch failed").error;
        let reason = error.io_source().map(std::io::Error::kind);
        assert_eq!(reason, Some(ErrorKind::ConnectionRefused));
        assert_eq!(world.now() - began, milliseconds(duration), "{connects:?}");
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
        assert_open(&world, 0);
    }
}

#[test]
fn ends_all_attempts_at_the_deadline() {
    let refused = Connect::RefusedAfter(milliseconds(10));
    for (connects, timeout, attempts) in [
        ([Connect::Never, Connect::Never, Connect::Never], 5000, 3),
        ([refused, Connect::Refused, Connect::Never], 5000, 3),
        ([Connect::Never, refused, refused], 5000, 3),
        ([Connect::Never, Connect::Never, Connect::AtOnce], 499, 2),
        ([Connect::Never, Connect::Never, Connect::AtOnce], 500, 2),
        ([Connect::Never, Connect::AtOnce, Connect::AtOnce], 100, 1),
    ] {
        let world = world_of(connects);
        let began = world.now();
        let event_loop = EventLoop::new(&world, milliseconds(timeout)).may_time_out();
        let connection = connection(&world);
        let (connection, completion) = event_loop.pair(connection, &finds("a", 1)).run_one();
        assert_eq!(failure(&completion), TIMED_OUT, "{connects:?}");
        let error = completion.failure.expect("the batch failed").error.to_string();
        assert_eq!(error, "the deadline passed before the server accepted the connection");
        assert_eq!(world.now() - began, milliseconds(timeout));
        assert_eq!(world.connects().len(), attempts);
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
        assert_open(&world, 0);
    }
}

#[test]
fn tries_the_address_of_the_last_connect_first() {
    let world = World::new();
    world.add_name("db.example", name_of(&ADDRESSES));
    let connects = [
        &[Connect::Never, Connect::Never][..],
        &[Connect::AtOnce, Connect::AtOnce, Connect::Never],
        &[Connect::AtOnce, Connect::AtOnce],
    ];
    for (address, connects) in ADDRESSES.iter().zip(connects) {
        let connects = connects.iter().copied().collect();
        world.add_peer(&at_port(address), Peer { connects, ..Peer::default() });
    }
    let mut connection = connection(&world);
    for expected in [
        "10.0.0.1 at 0, 10.0.0.2 at 250",
        "10.0.0.2 at 0",
        // This address is silent now, and so is the first.
        "10.0.0.2 at 0, 10.0.0.1 at 250, 10.0.0.3 at 500",
        "10.0.0.3 at 0",
    ] {
        let before = world.connects().len();
        let completion;
        (connection, completion) = run(&world, connection);
        assert_success(&completion, &finds("a", 1));
        assert_eq!(begun_after(&world, before), expected);
        connection.close();
    }
}

#[test]
fn skips_the_last_address_once_the_host_has_lost_it() {
    let world = world_of([Connect::Refused, Connect::AtOnce, Connect::Refused]);
    let (connection, _) = run(&world, connection(&world));
    world.happen(0, Fault::EndOfFile);
    world.add_name("db.example", name_of(&["10.0.0.3", "10.0.0.1"]));
    let before = world.connects().len();
    let (_, completion) = run(&world, connection);
    assert_success(&completion, &finds("a", 1));
    assert_eq!(begun_after(&world, before), "10.0.0.3 at 0, 10.0.0.1 at 0");
}

#[test]
fn alternates_between_address_families() {
    let addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "10.0.0.1", "10.0.0.2"];
    let world = World::new();
    world.add_name("db.example", name_of(&addresses));
    for address in addresses {
        world.add_peer(&at_port(address), Peer::default().with_connect(Connect::Never));
    }
    let event_loop = EventLoop::new(&world, TIMEOUT).may_time_out();
    let connection = connection(&world);
    let (_, completion) = event_loop.pair(connection, &finds("a", 1)).run_one();
    assert_eq!(failure(&completion), TIMED_OUT);
    let expected = "2001:db8::1 at 0, 10.0.0.1 at 250, 2001:db8::2 at 500, 10.0.0.2 at 750, 2001:db8::3 at 1000";
    assert_eq!(begun(&world), expected);
}

#[test]
fn returns_all_racing_sockets() {
    let world = world_of([Connect::Never, Connect::Never, Connect::AtOnce]);
    let mut event_loop = EventLoop::new(&world, TIMEOUT).pair(connection(&world), &finds("a", 1));
    let mut counts = Vec::new();
    while event_loop.turn() {
        let connection = event_loop.executor.connection(0).expect("the pair has a connection");
        counts.push(connection.sockets().count());
    }
    counts.dedup();
    assert_eq!(counts, [0, 1, 2, 1], "a look-up, a race, and the winner");
}

#[test]
fn closes_all_racing_sockets_with_the_connection() {
    let world = world_of([Connect::Never, Connect::Never, Connect::AtOnce]);
    let mut event_loop = EventLoop::new(&world, TIMEOUT).pair(connection(&world), &finds("a", 1));
    while world.link_count() < 2 {
        event_loop.turn();
    }
    event_loop.executor.close(0);
    let (connection, completion) = event_loop.run_one();
    assert_eq!(failure(&completion), Some(("ERR_HS_CLOSED", Outcome::NotSent)));
    assert_eq!(connection.sockets().count(), 0);
    assert_open(&world, 0);
}

#[test]
fn takes_a_completed_attempt_although_the_caller_is_late() {
    let world = world_of([Connect::After(milliseconds(20)), Connect::AtOnce, Connect::AtOnce]);
    let mut connection = connection(&world);
    let deadline = world.now() + TIMEOUT;
    assert!(matches!(connection.start(finds("a", 1), deadline, world.now()), Step::Wait(_)));
    let found = Event::Resolved(Ok(ADDRESSES.map(parse).to_vec()));
    assert!(matches!(connection.resume(found, world.now()), Step::Wait(_)));
    world.move_clock(world.now() + milliseconds(400));
    assert!(matches!(connection.resume(Event::Time, world.now()), Step::Wait(_)));
    assert_eq!(begun(&world), "10.0.0.1 at 0");
    assert_eq!(world.link(0).accepted, finds("a", 1).bytes());
}

/// A world with [`HOST`] at [`ADDRESSES`], and the result of the first connect to each.
fn world_of(connects: [Connect; 3]) -> World {
    let world = World::new();
    world.add_name("db.example", name_of(&ADDRESSES));
    for (address, connect) in ADDRESSES.iter().zip(connects) {
        world.add_peer(&at_port(address), Peer::default().with_connect(connect));
    }
    world
}

fn run(world: &World, connection: SimulatedConnection) -> (SimulatedConnection, Completion) {
    EventLoop::new(world, TIMEOUT).pair(connection, &finds("a", 1)).run_one()
}

fn name_of(addresses: &[&str]) -> Name {
    let addresses = Ok(addresses.iter().copied().map(parse).collect());
    Name { addresses, delay: Duration::ZERO }
}

fn connection(world: &World) -> SimulatedConnection {
    world.connection(HOST, options(None, b""))
}

/// The attempts that started, and how many milliseconds after the first one.
fn begun(world: &World) -> String {
    begun_after(world, 0)
}

/// The attempts without the first `count`.
fn begun_after(world: &World, count: usize) -> String {
    let attempts = &world.connects()[count..];
    let shown = attempts.iter().map(|(target, at)| match target {
        Target::Tcp(address) => {
            format!("{} at {}", address.ip(), (*at - attempts[0].1).as_millis())
        }
        Target::Unix(path) => panic!("{path} is no address of a host"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn assert_open(world: &World, count: usize) {
    let open = (0..world.link_count()).filter(|&link| !world.link(link).is_dropped);
    assert_eq!(open.count(), count, "sockets are open");
}

fn at_port(address: &str) -> String {
    SocketAddr::new(parse(address), 9998).to_string()
}

fn parse(address: &str) -> IpAddr {
    address.parse().expect("the address is valid")
}
