//! Batches that succeed, however their bytes are split.

use hansock::connection::ConnectionState;

use crate::support::*;

#[test]
fn returns_the_replies_of_a_batch() {
    let world = World::with(Peer::default());
    let connection = world.connection(SERVER, options(None, b""));
    assert_eq!(connection.status().state(), ConnectionState::Closed);
    let find = finds("a", 3);
    let (connection, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
    assert_eq!(connection.status().state(), ConnectionState::Connected);
    assert_eq!(connection.status().generation(), 1);
}

#[test]
fn completes_an_empty_batch_without_a_connect() {
    let world = World::with(Peer::default());
    let connection = world.connection(SERVER, with_handshake());
    let (connection, completion) = world.execute(connection, &batch(b""));
    assert_success(&completion, &batch(b""));
    assert!(completion.segments.is_empty());
    assert_eq!(connection.status().state(), ConnectionState::Closed);
    assert!(world.connects().is_empty());
}

#[test]
fn sends_the_preamble_with_the_first_batch_only() {
    let world = World::with(Peer::with_secret());
    let mut connection = world.connection(SERVER, with_handshake());
    let finds = [finds("a", 2), finds("b", 1), finds("c", 5)];
    for find in &finds {
        let (back, completion) = world.execute(connection, find);
        assert_success(&completion, find);
        connection = back;
    }
    let preamble = b"A\t1\txyzzy\nP\t1\tshop\titem\tPRIMARY\tid\nP\t2\tshop\titem\tname\tid\n";
    let first = preamble.len() + finds[0].bytes().len();
    let report = world.link(0);
    assert_eq!(report.send_sizes, [first, finds[1].bytes().len(), finds[2].bytes().len()]);
    assert_eq!(&report.accepted[..preamble.len()], preamble);
    assert_eq!(world.link_count(), 1);
    assert_eq!(connection.status().generation(), 1);
}

#[test]
fn reads_replies_split_at_every_byte() {
    for size in 1..40 {
        assert_both_batches_succeed(Plan {
            receive_sizes: Sizes::cycle([size]),
            ..Plan::default()
        });
        assert_both_batches_succeed(Plan {
            receive_sizes: Sizes::cycle([size, 0]),
            ..Plan::default()
        });
    }
}

#[test]
fn reads_replies_split_once_at_any_byte() {
    for first in 1..200 {
        assert_both_batches_succeed(Plan {
            receive_sizes: Sizes::cycle([first, 0, usize::MAX]),
            ..Plan::default()
        });
    }
}

#[test]
fn completes_writes_that_are_accepted_in_parts() {
    for size in 1..40 {
        assert_both_batches_succeed(Plan { send_sizes: Sizes::cycle([size]), ..Plan::default() });
        assert_both_batches_succeed(Plan {
            send_sizes: Sizes::cycle([size, 0]),
            ..Plan::default()
        });
    }
}

#[test]
fn completes_when_both_directions_are_slow() {
    for (send, receive) in [(1, 1), (1, 7), (7, 1), (3, 2)] {
        assert_both_batches_succeed(Plan {
            send_sizes: Sizes::cycle([send, 0, 0]),
            receive_sizes: Sizes::cycle([0, receive, 0]),
            ..Plan::default()
        });
    }
    assert_both_batches_succeed(Plan::slow());
}

#[test]
fn waits_for_late_replies() {
    assert_both_batches_succeed(Plan { delay: milliseconds(500), ..Plan::default() });
    assert_both_batches_succeed(Plan { delay: milliseconds(5), ..Plan::slow() });
}

#[test]
fn repeats_interrupted_calls() {
    let interruptions = |calls: &[usize]| Plan {
        faults: calls.iter().map(|&call| (When::Call(call), Fault::Interruption)).collect(),
        ..Plan::slow()
    };
    for call in 0..40 {
        assert_both_batches_succeed(interruptions(&[call, call + 1]));
    }
    // There are more interruptions in a row than receives in a turn.
    let world = World::with(Peer::default().with_link(Plan {
        receive_sizes: Sizes::cycle([usize::MAX]),
        send_sizes: Sizes::cycle([usize::MAX]),
        ..interruptions(&(1..41).collect::<Vec<_>>())
    }));
    let find = finds("a", 2);
    let (_, completion) = world.execute(world.connection(SERVER, options(None, b"")), &find);
    assert_success(&completion, &find);
}

#[test]
fn passes_values_through_unchanged() {
    let world = World::with(Peer::default());
    let connection = world.connection(SERVER, options(None, b""));
    let insert = batch(b"1\t+\t3\t\0\t\t\x01@\x01A\x01O\xff\xfe\n");
    let (_, completion) = world.execute(connection, &insert);
    assert_success(&completion, &insert);
    assert!(!completion.segments[0].is_ascii());
}

/// Runs a batch over a new connection with a handshake, and a second one over the same connection.
#[track_caller]
fn assert_both_batches_succeed(plan: Plan) {
    let world = World::with(Peer::with_secret().with_link(plan));
    let mut connection = world.connection(SERVER, with_handshake());
    for find in [finds("first", 4), finds("second", 3)] {
        let (back, completion) = world.execute(connection, &find);
        assert_success(&completion, &find);
        connection = back;
    }
    assert_eq!(world.link_count(), 1);
}
