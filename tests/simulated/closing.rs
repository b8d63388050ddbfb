//! Connections and pairs that their owner closes.

use hansock::connection::{ConnectionState, Step};
use hansock::error::Outcome;

use crate::support::*;

const CLOSED_UNSENT: Option<(&str, Outcome)> = Some(("ERR_HS_CLOSED", Outcome::NotSent));
const PREAMBLE: &[u8] = b"A\t1\txyzzy\n";

/// A world with a look-up, a connect and a slow exchange.
fn slow_world() -> World {
    let world = World::new();
    let addresses = Ok(vec![[10, 0, 0, 1].into()]);
    world.add_name("db.example", Name { addresses, delay: milliseconds(1) });
    let peer = Peer::with_secret().with_link(Plan { delay: milliseconds(3), ..Plan::slow() });
    world.add_peer(SERVER, peer.with_connect(Connect::After(milliseconds(1))));
    world
}

#[test]
fn ends_a_pair_that_is_closed_after_any_turn() {
    let find = finds("a", 2);
    for turns in 0.. {
        let world = slow_world();
        let connection = world.connection("db.example", with_secret());
        let mut event_loop = EventLoop::new(&world, PLENTY).pair(connection, &find);
        for _ in 0..turns {
            event_loop.turn();
        }
        let was_done = event_loop.executor.is_done();
        event_loop.executor.close(0);
        assert!(event_loop.executor.is_done());
        let (connection, completion) = event_loop.run_one();
        if was_done {
            assert_success(&completion, &find);
            assert!(turns > 50);
            break;
        }
        let was_begun = world.link_count() > 0 && world.link(0).accepted.len() > PREAMBLE.len();
        let outcome = if was_begun { Outcome::Unknown } else { Outcome::NotSent };
        assert_eq!(failure(&completion), Some(("ERR_HS_CLOSED", outcome)), "turn {turns}");
        assert!(echoes(&find).starts_with(&replies(&completion)));
        assert!(connection.sockets().next().is_none());
        assert!((0..world.link_count()).all(|link| world.link(link).is_dropped));

        let next = finds("next", 2);
        let (_, completion) = world.execute(connection, &next);
        assert_success(&completion, &next);
    }
}

#[test]
fn returns_the_completion_when_closed_in_flight_and_is_usable_again() {
    let find = finds("a", 2);
    let never = Peer::with_secret().with_connect(Connect::Never);
    let silent = Peer::with_secret().with_link(Plan::silent());
    for (address, peer, outcome) in [
        ("db.example", silent.clone(), Outcome::NotSent),
        (SERVER, never, Outcome::NotSent),
        (SERVER, silent, Outcome::Unknown),
    ] {
        let world = World::with(peer);
        let mut connection = world.connection(address, with_secret());
        let deadline = world.now() + PLENTY;
        let step = connection.start(find.clone(), deadline, world.now());
        assert!(matches!(step, Step::Wait(_)));
        let completion = connection.close().expect("a batch was in flight");
        assert_eq!(failure(&completion), Some(("ERR_HS_CLOSED", outcome)));
        assert_eq!(connection.status().state(), ConnectionState::Closed);
        assert!(connection.sockets().next().is_none());
        assert!(connection.close().is_none());

        if address == SERVER {
            let (connection, completion) = world.execute(connection, &find);
            assert_success(&completion, &find);
            assert_eq!(connection.status().state(), ConnectionState::Connected);
        }
    }
}

#[test]
fn is_usable_again_after_closing_while_idle() {
    let world = World::with(Peer::with_secret());
    let find = finds("a", 1);
    let (mut connection, _) = world.execute(world.connection(SERVER, with_secret()), &find);
    assert!(connection.close().is_none());
    assert!(world.link(0).is_dropped);
    assert_eq!(connection.status().state(), ConnectionState::Closed);
    let (connection, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
    assert_eq!(connection.status().generation(), 2);
}

#[test]
fn closes_the_socket_of_a_dropped_connection() {
    let world = World::with(Peer::default());
    let (connection, _) =
        world.execute(world.connection(SERVER, options(None, b"")), &finds("a", 1));
    assert!(!world.link(0).is_dropped);
    drop(connection);
    assert!(world.link(0).is_dropped);
}

#[test]
fn keeps_the_other_pairs_when_one_is_closed() {
    let world = World::new();
    let addresses = ["10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"];
    let batches = [finds("a", 2), finds("b", 2), finds("c", 2)];
    let mut event_loop = EventLoop::new(&world, PLENTY);
    for (address, batch) in addresses.iter().zip(&batches) {
        world.add_peer(address, Peer::default().with_link(Plan::slow()));
        event_loop = event_loop.pair(world.connection(address, options(None, b"")), batch);
    }
    for _ in 0..10 {
        event_loop.turn();
    }
    event_loop.executor.close(1);
    event_loop.executor.close(1);
    let ended = event_loop.run();
    assert_success(&ended[0].1, &batches[0]);
    assert_eq!(failure(&ended[1].1), Some(("ERR_HS_CLOSED", Outcome::Unknown)));
    assert_success(&ended[2].1, &batches[2]);
}

#[test]
fn sends_nothing_for_a_pair_that_is_closed_before_its_start() {
    let world = World::with(Peer::with_secret());
    let find = finds("a", 1);
    let (connection, _) = world.execute(world.connection(SERVER, with_secret()), &find);
    let mut event_loop = EventLoop::new(&world, PLENTY).pair(connection, &find);
    event_loop.executor.close(0);
    let (connection, completion) = event_loop.run_one();
    assert_eq!(failure(&completion), CLOSED_UNSENT);
    assert_eq!(world.executed().len(), 1);
    assert!(world.link(0).is_dropped, "the socket is closed with the pair");
    assert!(connection.sockets().next().is_none());
}
