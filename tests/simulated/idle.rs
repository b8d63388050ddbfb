//! A connection between two batches.

use hansock::connection::{ConnectionState, Socket};
use hansock::error::Outcome;

use crate::support::*;

const FAULTS: [Fault; 2] = [Fault::Reset, Fault::EndOfFile];

#[test]
fn reconnects_if_the_idle_socket_was_closed() {
    for fault in FAULTS {
        let world = World::with(Peer::with_secret());
        let connection = connect(&world);
        world.happen(0, fault);
        assert_replaced(&world, connection);
    }
}

#[test]
fn reconnects_if_bytes_arrived_on_the_idle_socket() {
    for stray in [&b"0\t1\tlate\n"[..], b"0\t1", b"\n", b"garbage\n\n"] {
        for end in [None, Some(Fault::Reset), Some(Fault::EndOfFile)] {
            let world = World::with(Peer::with_secret());
            let connection = connect(&world);
            world.happen(0, Fault::Stray(stray.to_vec()));
            if let Some(end) = end {
                world.happen(0, end);
            }
            assert_replaced(&world, connection);
        }
    }
}

/// The fault comes after the idle socket was checked and before anything is sent.
#[test]
fn reconnects_if_the_first_send_fails() {
    for stray in [None, Some(&b"0\t1\tlate\n"[..]), Some(b"0\t1"), Some(b"garbage\n")] {
        // The first batch takes a send and a receive, so checking the idle socket is call 2.
        let stray = stray.map(|bytes| (When::Call(3), Fault::Stray(bytes.to_vec())));
        let faults = stray.into_iter().chain([(When::Call(3), Fault::Reset)]).collect();
        let world = World::with(Peer::with_secret().with_link(Plan { faults, ..Plan::default() }));
        let connection = connect(&world);
        assert_replaced(&world, connection);
    }
}

/// As before, but the socket takes no bytes instead of failing.
#[test]
fn reconnects_if_bytes_arrive_before_the_first_send() {
    for stray in [&b"0\t1\tlate\n"[..], b"0\t1", b"garbage\n"] {
        let plan = Plan {
            send_sizes: Sizes::cycle([usize::MAX, 0, 1]),
            ..Plan::with_fault(When::Call(3), Fault::Stray(stray.to_vec()))
        };
        let world = World::with(Peer::with_secret().with_link(plan));
        let connection = connect(&world);
        assert_replaced(&world, connection);
    }
}

#[test]
fn reports_an_unknown_outcome_if_the_socket_closes_after_the_send() {
    for fault in FAULTS {
        let first_replies = b"0\t1\n".len() + echoes(&finds("first", 1)).len();
        let plan = Plan::with_fault(When::Replying(first_replies), fault);
        let world = World::with(Peer::with_secret().with_link(plan));
        let connection = connect(&world);
        let find = finds("second", 2);
        let (connection, completion) = world.execute(connection, &find);
        assert_eq!(failure(&completion), Some(("ERR_HS_LOST", Outcome::Unknown)));
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
        assert_eq!(world.link_count(), 1, "a batch is never sent twice");
    }
}

fn connect(world: &World) -> SimulatedConnection {
    let find = finds("first", 1);
    let (connection, completion) = world.execute(world.connection(SERVER, with_secret()), &find);
    assert_success(&completion, &find);
    connection
}

#[track_caller]
fn assert_replaced(world: &World, connection: SimulatedConnection) {
    let find = finds("second", 2);
    let (connection, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
    assert_eq!(connection.status().generation(), 2);
    assert_eq!(connection.status().state(), ConnectionState::Connected);
    assert!(world.link(0).is_dropped);
    assert_eq!(world.link(0).executed.len(), 1, "nothing was sent on the old socket");
    assert_eq!(world.link(1).executed.len(), 2);
    assert!(connection.sockets().next().is_some_and(|socket| socket.connected().is_ok()));
}
