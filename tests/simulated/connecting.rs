//! Look-ups and connects that succeed, fail, are slow or never end.

use std::error::Error;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use hansock::connection::{Completion, ConnectionState, Target};
use hansock::error::Outcome;

use crate::support::*;

const HOST: &str = "db.example:9998";
const UNCONNECTED: Option<(&str, Outcome)> = Some(("ERR_HS_CONNECT", Outcome::NotSent));
const TIMED_OUT: Option<(&str, Outcome)> = Some(("ERR_HS_TIMEOUT", Outcome::NotSent));
/// The timeout of batches that may run out of time.
const TIMEOUT: Duration = milliseconds(90);

#[test]
fn waits_for_a_slow_connect() {
    let world = World::with(Peer::default().with_connect(Connect::After(milliseconds(20))));
    let find = finds("a", 1);
    let begun = world.now();
    let (_, completion) = world.execute(world.connection(SERVER, options(None, b"")), &find);
    assert_success(&completion, &find);
    assert_eq!(world.now() - begun, milliseconds(20));
}

#[test]
fn reports_a_refused_connect_and_connects_again_for_the_next_batch() {
    for connect in [Connect::Refused, Connect::RefusedAfter(milliseconds(5))] {
        let world = World::with(Peer::default().with_connect(connect));
        let find = finds("a", 1);
        let connection = world.connection(SERVER, with_secret());
        let (connection, completion) = world.execute(connection, &find);
        assert_eq!(failure(&completion), UNCONNECTED);
        assert_eq!(reason(&completion), Some(ErrorKind::ConnectionRefused));
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
        assert_eq!(connection.status().generation(), 0);
        let (connection, completion) = world.execute(connection, &find);
        assert!(completion.failure.is_some(), "a server without a secret refuses any");
        assert_eq!(connection.status().generation(), 1);
    }
}

#[test]
fn times_out_if_a_connect_never_ends() {
    let world = World::with(Peer::default().with_connect(Connect::Never));
    let (connection, completion) = run(&world, SERVER);
    assert_eq!(failure(&completion), TIMED_OUT);
    assert_eq!(connection.status().state(), ConnectionState::Aborted);
    assert!(world.link(0).is_dropped);
    let find = finds("next", 1);
    let (_, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
}

#[test]
fn repeats_a_connect_until_the_listener_has_room() {
    let path = "unix:/run/hs.sock";
    let world = World::new();
    let connects = [Connect::NoRoom; 10].into();
    world.add_peer(path, Peer { connects, ..Peer::default() });
    let begun = world.now();
    let (_, completion) = run(&world, path);
    assert_success(&completion, &finds("a", 1));
    assert_eq!(world.connects().len(), 11);
    assert_eq!(world.now() - begun, milliseconds(20), "2 ms between two attempts");
}

#[test]
fn times_out_if_the_listener_never_has_room() {
    let path = "unix:/run/hs.sock";
    let world = World::new();
    world.add_peer(path, Peer { connects: [Connect::NoRoom; 1000].into(), ..Peer::default() });
    let begun = world.now();
    let (_, completion) = run(&world, path);
    assert_eq!(failure(&completion), TIMED_OUT);
    assert_eq!(world.now() - begun, TIMEOUT);
    assert_eq!(world.connects().len(), 45);
    assert_eq!(world.connects()[0].0, Target::Unix("/run/hs.sock".to_owned()));
}

#[test]
fn names_the_host_if_the_look_up_fails_or_finds_nothing() {
    for (addresses, kind) in
        [(Err(ErrorKind::TimedOut), ErrorKind::TimedOut), (Ok(Vec::new()), ErrorKind::NotFound)]
    {
        let world = World::new();
        world.add_name("db.example", Name { addresses, delay: milliseconds(3) });
        let connection = world.connection(HOST, with_secret());
        let (connection, completion) = world.execute(connection, &finds("a", 1));
        assert_eq!(failure(&completion), UNCONNECTED);
        assert_eq!(reason(&completion), Some(kind));
        let error = completion.failure.map(|failure| failure.error).expect("the batch failed");
        assert_eq!(error.unresolved_host(), Some("db.example"));
        assert!(error.source().is_some());
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
        assert!(world.connects().is_empty());
    }
}

#[test]
fn times_out_if_a_look_up_never_ends() {
    let world = World::new();
    let addresses = Ok(vec![address(1)]);
    world.add_name("db.example", Name { addresses, delay: PLENTY });
    let begun = world.now();
    let (connection, completion) = run(&world, HOST);
    assert_eq!(failure(&completion), TIMED_OUT);
    assert_eq!(world.now() - begun, TIMEOUT);
    assert_eq!(connection.status().state(), ConnectionState::Aborted);
}

#[test]
fn runs_other_pairs_during_a_look_up() {
    let world = World::with(Peer::default());
    world.add_name("db.example", Name { addresses: Ok(vec![address(1)]), delay: milliseconds(50) });
    let (slow, quick) = (finds("slow", 1), finds("quick", 1));
    let mut event_loop = EventLoop::new(&world, TIMEOUT)
        .pair(world.connection(HOST, options(None, b"")), &slow)
        .pair(world.connection(SERVER, options(None, b"")), &quick);
    let begun = world.now();
    while event_loop.executor.wait(1).is_some() || event_loop.executor.wait(0).is_none() {
        event_loop.turn();
    }
    assert_eq!(world.now(), begun);
    let ended = event_loop.run();
    assert_success(&ended[0].1, &slow);
    assert_success(&ended[1].1, &quick);
    assert_eq!(world.now() - begun, milliseconds(50));
}

#[test]
fn connects_to_an_ip_address_without_a_look_up() {
    for text in ["127.0.0.1:1234", "[::1]:1234"] {
        let world = World::new();
        world.add_peer(text, Peer::default());
        let (_, completion) = run(&world, text);
        assert_success(&completion, &finds("a", 1));
        assert_eq!(targets(&world), [Target::Tcp(text.parse().expect("the address is valid"))]);
    }
}

fn run(world: &World, address: &str) -> (SimulatedConnection, Completion) {
    let event_loop = EventLoop::new(world, TIMEOUT).may_time_out();
    let connection = world.connection(address, options(None, b""));
    event_loop.pair(connection, &finds("a", 1)).run_one()
}

fn address(number: u8) -> IpAddr {
    [10, 0, 0, number].into()
}

fn targets(world: &World) -> Vec<Target> {
    world.connects().into_iter().map(|(target, _)| target).collect()
}

fn reason(completion: &Completion) -> Option<ErrorKind> {
    Some(completion.failure.as_ref()?.error.io_source()?.kind())
}
