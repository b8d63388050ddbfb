//! Connections that break at any byte of either direction.

use hansock::connection::{Completion, ConnectionState};
use hansock::error::Outcome;
use hansock::protocol::Batch;

use crate::support::*;

const FAULTS: [Fault; 2] = [Fault::Reset, Fault::EndOfFile];

/// The ways in which the bytes are split while the connection breaks.
fn plans() -> [Plan; 4] {
    [
        Plan::default(),
        Plan { send_sizes: Sizes::cycle([1]), ..Plan::default() },
        Plan { receive_sizes: Sizes::cycle([1]), ..Plan::default() },
        Plan::slow(),
    ]
}

#[test]
fn keeps_whole_replies_when_the_stream_breaks_at_any_byte() {
    let find = finds("a", 4);
    let preamble_replies = b"0\t1\n".repeat(3);
    let stream = [preamble_replies.clone(), echoes(&find)].concat();
    for plan in plans() {
        for fault in FAULTS {
            for offset in 0..stream.len() {
                let faults = vec![(When::Replying(offset), fault.clone())];
                let (world, completion) = break_connection(Plan { faults, ..plan.clone() }, &find);
                assert_lost(&world, &completion, &find);
                let arrived = whole_lines(&stream[..offset]);
                let kept = arrived.get(preamble_replies.len()..).unwrap_or_default();
                assert_same_bytes(&replies(&completion), kept);
            }
        }
    }
}

#[test]
fn reports_the_outcome_when_a_write_breaks_at_any_byte() {
    let find = finds("a", 4);
    let total = preamble_bytes() + find.bytes().len();
    for plan in plans() {
        for fault in FAULTS {
            for offset in 0..total {
                let faults = vec![(When::Accepting(offset), fault.clone())];
                let (world, completion) = break_connection(Plan { faults, ..plan.clone() }, &find);
                assert_lost(&world, &completion, &find);
                // The server executed what it had received before, and its replies are kept.
                let sent = &find.bytes()[..offset.saturating_sub(preamble_bytes())];
                assert_same_bytes(&replies(&completion), &echoes(&batch(whole_lines(sent))));
            }
        }
    }
}

#[test]
fn reports_the_outcome_when_any_call_fails() {
    let find = finds("a", 2);
    for plan in plans() {
        for fault in FAULTS {
            let (world, _) = break_connection(plan.clone(), &find);
            for call in 0..world.link(0).calls {
                let faults = vec![(When::Call(call), fault.clone())];
                let (world, completion) = break_connection(Plan { faults, ..plan.clone() }, &find);
                match completion.failure {
                    Some(_) => assert_lost(&world, &completion, &find),
                    // The last reply had arrived before the fault.
                    None => assert_success(&completion, &find),
                }
            }
        }
    }
}

#[test]
fn connects_again_with_the_preamble_for_the_next_batch() {
    let (first, second) = (finds("first", 2), finds("second", 3));
    for fault in FAULTS {
        let plan = Plan::with_fault(When::Replying(30), fault);
        let world = World::with(Peer::with_secret().with_link(plan));
        let connection = world.connection(SERVER, with_handshake());
        let (connection, completion) = world.execute(connection, &first);
        assert_lost(&world, &completion, &first);
        assert_eq!(connection.status().state(), ConnectionState::Aborted);

        let (connection, completion) = world.execute(connection, &second);
        assert_success(&completion, &second);
        assert_eq!(connection.status().state(), ConnectionState::Connected);
        assert_eq!(connection.status().generation(), 2);
        let whole = preamble_bytes() + second.bytes().len();
        assert_eq!(world.link(1).send_sizes, [whole], "one write");
        assert_eq!(
            world.link(1).accepted[..preamble_bytes()],
            world.link(0).accepted[..preamble_bytes()]
        );
    }
}

#[test]
fn keeps_the_other_pairs_when_one_connection_breaks() {
    for fault in FAULTS {
        for plan in [
            Plan::with_fault(When::Replying(14), fault.clone()),
            Plan::with_fault(When::Accepting(3), fault.clone()),
        ] {
            let world = World::new();
            let (good, bad) = ("10.0.0.2:9998", "10.0.0.3:9998");
            world.add_peer(good, Peer::default().with_link(Plan::slow()));
            world.add_peer(bad, Peer::default().with_link(plan));
            let batches = [finds("a", 3), finds("b", 3), finds("c", 3)];
            let mut event_loop = EventLoop::new(&world, PLENTY);
            for (address, batch) in [good, bad, good].into_iter().zip(&batches) {
                event_loop = event_loop.pair(world.connection(address, options(None, b"")), batch);
            }
            let ended = event_loop.run();
            assert_success(&ended[0].1, &batches[0]);
            assert_eq!(failure(&ended[1].1), Some(("ERR_HS_LOST", Outcome::Unknown)));
            assert_success(&ended[2].1, &batches[2]);
        }
    }
}

#[test]
fn keeps_all_replies_that_arrived_before_a_failed_send() {
    // The server replies and is reset while the client is still writing. The send fails after more
    // replies have arrived than one turn receives.
    let answer = [b"0\t1\t".to_vec(), vec![b'x'; 100_000], b"\n".to_vec()].concat();
    let find = finds("a", 40);
    let offset = find.bytes().len() - 5;
    let plan = Plan::with_fault(When::Accepting(offset), Fault::Reset);
    let expected = answer.repeat(39);
    let world = World::with(Peer::default().with_link(plan).with_answer(move |_| answer.clone()));
    let (_, completion) = world.execute(world.connection(SERVER, options(None, b"")), &find);
    assert_eq!(failure(&completion), Some(("ERR_HS_LOST", Outcome::Unknown)));
    assert_eq!(completion.replies, 39);
    assert_same_bytes(&replies(&completion), &expected);
}

fn preamble_bytes() -> usize {
    b"A\t1\txyzzy\nP\t1\tshop\titem\tPRIMARY\tid\nP\t2\tshop\titem\tname\tid\n".len()
}

fn break_connection(plan: Plan, find: &Batch) -> (World, Completion) {
    let world = World::with(Peer::with_secret().with_link(plan));
    let (_, completion) = world.execute(world.connection(SERVER, with_handshake()), find);
    (world, completion)
}

#[track_caller]
fn assert_lost(world: &World, completion: &Completion, find: &Batch) {
    let report = world.link(0);
    let outcome = match report.accepted.len() > preamble_bytes() {
        true => Outcome::Unknown,
        false => Outcome::NotSent,
    };
    assert_eq!(failure(completion), Some(("ERR_HS_LOST", outcome)));
    assert!(report.is_dropped, "the socket of a failed batch is not kept");
    assert!(completion.replies < find.commands());
    assert_eq!(completion.replies, lines(&replies(completion)).count());
}

fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    &bytes[..end]
}
