//! Peers that violate the protocol.

use std::error::Error;

use hansock::connection::{Completion, ConnectionState, DEFAULT_MAX_REPLY_BYTES, Options};
use hansock::error::Outcome;
use hansock::protocol::{Batch, ReplyError};

use crate::support::*;

const VIOLATED: Option<(&str, Outcome)> = Some(("ERR_HS_PROTOCOL", Outcome::Unknown));

#[test]
fn ends_batch_and_connection_at_a_malformed_reply() {
    for (line, error) in [
        (&b""[..], ReplyError::NoNumber { offset: 0 }),
        (b"HTTP/1.1 400 Bad Request", ReplyError::NoNumber { offset: 0 }),
        (b"0\tx", ReplyError::NoNumber { offset: 2 }),
        (b"0\t1\t\x01", ReplyError::BadEscape { offset: 4 }),
        (b"0\t1\ta\x01\x20", ReplyError::BadEscape { offset: 5 }),
        (b"0\t1\ta\0b", ReplyError::NulInside { offset: 5 }),
        (b"0\t2\ta\tb\tc", ReplyError::NoWholeRows { values: 3, columns: 2 }),
        (b"0\t0\ta", ReplyError::NoWholeRows { values: 1, columns: 0 }),
        (b"0\t4097\ta", ReplyError::TooManyColumns { columns: 4097 }),
    ] {
        for plan in [Plan::default(), Plan::slow()] {
            let bad = [line, b"\n"].concat();
            let answer = move |command: &[u8]| match command.ends_with(b"-2") {
                true => bad.clone(),
                false => b"0\t1\tgood\n".to_vec(),
            };
            let world = World::with(Peer::default().with_link(plan).with_answer(answer));
            let completion = assert_violation(&world, &finds("a", 5), 2, error);
            assert_same_bytes(&replies(&completion), b"0\t1\tgood\n0\t1\tgood\n");
        }
    }
}

#[test]
fn rejects_more_replies_than_commands() {
    for plan in [Plan::default(), Plan { receive_sizes: Sizes::cycle([9]), ..Plan::default() }] {
        for surplus in [&b"0\t1\n"[..], b"0", b"\n"] {
            let surplus = surplus.to_vec();
            let answer = move |command: &[u8]| match command.ends_with(b"-2") {
                true => [b"0\t1\tlast\n", &surplus[..]].concat(),
                false => b"0\t1\tgood\n".to_vec(),
            };
            let world = World::with(Peer::default().with_link(plan.clone()).with_answer(answer));
            let connection = world.connection(SERVER, options(None, b""));
            let (connection, completion) = world.execute(connection, &finds("a", 3));
            let good = b"0\t1\tgood\n0\t1\tgood\n0\t1\tlast\n";
            assert_same_bytes(&replies(&completion), good);
            // Bytes that arrive after the last reply are noticed before the next batch.
            if completion.failure.is_some() {
                assert_eq!(failure(&completion), VIOLATED);
                assert_eq!(connection.status().state(), ConnectionState::Aborted);
            }
            let next = finds("next", 1);
            let (_, completion) = world.execute(connection, &next);
            assert!(completion.failure.is_none(), "{:?}", completion.failure);
            assert_same_bytes(&replies(&completion), b"0\t1\tgood\n");
            assert_eq!(world.link_count(), 2);
        }
    }
}

#[test]
fn rejects_replies_before_their_commands_were_sent() {
    for greeting in [&b"0\t1\n"[..], b"0\t1\n0\t1\n0\t1\n", b"0\t"] {
        for sizes in [vec![0, 1], vec![1, 0]] {
            let plan = Plan {
                send_sizes: Sizes::cycle(sizes),
                ..Plan::with_fault(When::Call(0), Fault::Stray(greeting.to_vec()))
            };
            for options in [options(None, b""), with_handshake()] {
                let world = World::with(Peer::with_secret().with_link(plan.clone()));
                let connection = world.connection(SERVER, options);
                let (_, completion) = world.execute(connection, &finds("a", 3));
                let (code, _) = failure(&completion).expect("the batch fails");
                assert_eq!(code, "ERR_HS_PROTOCOL");
                assert_eq!(completion.replies, 0);
                assert!(world.executed().is_empty());
            }
        }
    }
}

#[test]
fn rejects_a_reply_before_its_command_within_a_batch() {
    // The second reply arrives with the first one, while the client is still writing the second
    // command.
    let answer = |_: &[u8]| b"0\t1\tone\n0\t1\ttwo\n".to_vec();
    let plan = Plan { send_sizes: Sizes::cycle([1, 0]), ..Plan::default() };
    let world = World::with(Peer::default().with_link(plan).with_answer(answer));
    let completion = assert_violation(&world, &finds("a", 3), 1, ReplyError::Unexpected);
    assert_same_bytes(&replies(&completion), b"0\t1\tone\n");
    assert_eq!(world.executed().len(), 1);
}

#[test]
fn accepts_replies_up_to_the_limit_of_the_options() {
    let find = finds("a", 2);
    for limit in [4, 14, 100, 5000, 70_000] {
        for (length, is_refused) in [(limit, false), (limit + 1, true), (limit + 100_000, true)] {
            let line = [b"0\t1\t".to_vec(), vec![b'x'; length - 4]].concat();
            let reply = [line, b"\n".to_vec()].concat();
            let answered = reply.clone();
            let world = World::with(Peer::default().with_answer(move |_| answered.clone()));
            let options = Options::new(None, &Batch::default(), limit)
                .expect("options without a secret are valid");
            let connection = world.connection(SERVER, options);
            let (_, completion) = world.execute(connection, &find);
            if is_refused {
                assert_refused(&world, &completion, 0, ReplyError::TooLong { limit });
            } else {
                assert!(completion.failure.is_none(), "{:?}", completion.failure);
                assert_same_bytes(&replies(&completion), &reply.repeat(2));
            }
        }
    }
    const { assert!(DEFAULT_MAX_REPLY_BYTES == 256 << 20) };
}

#[test]
fn rejects_an_endless_reply_at_the_limit() {
    let world = World::with(Peer::default().with_answer(|_| vec![b'1'; 100_000]));
    let options =
        Options::new(None, &Batch::default(), 50_000).expect("options without a secret are valid");
    let (_, completion) = world.execute(world.connection(SERVER, options), &finds("a", 1));
    assert_refused(&world, &completion, 0, ReplyError::TooLong { limit: 50_000 });
}

#[test]
fn fails_the_batch_at_a_malformed_reply_to_the_handshake() {
    let answer = |command: &[u8]| match command.starts_with(b"P") {
        true => b"what?\n".to_vec(),
        false => b"0\t1\n".to_vec(),
    };
    let world = World::with(Peer::with_secret().with_answer(answer));
    let (_, completion) = world.execute(world.connection(SERVER, with_handshake()), &finds("a", 2));
    assert_refused(&world, &completion, 0, ReplyError::NoNumber { offset: 0 });
}

#[track_caller]
fn assert_violation(world: &World, find: &Batch, position: usize, error: ReplyError) -> Completion {
    let connection = world.connection(SERVER, options(None, b""));
    let (connection, completion) = world.execute(connection, find);
    assert_refused(world, &completion, position, error);
    assert_eq!(connection.status().state(), ConnectionState::Aborted);
    completion
}

#[track_caller]
fn assert_refused(world: &World, completion: &Completion, position: usize, error: ReplyError) {
    assert_eq!(failure(completion), VIOLATED);
    let reason = &completion.failure.as_ref().expect("the batch failed").error;
    let source = reason.source().and_then(|source| source.downcast_ref::<ReplyError>());
    assert_eq!(source, Some(&error));
    assert!(reason.to_string().contains(&format!("reply {}", position + 1)), "{reason}");
    assert_eq!(completion.replies, position);
    assert!(world.link(0).is_dropped);
}
