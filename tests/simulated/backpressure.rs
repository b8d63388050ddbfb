//! Sockets with little room: replies fill every buffer while the batch is still being written.

use hansock::protocol::Batch;

use crate::support::*;

#[test]
fn does_not_block_if_replies_arrive_while_the_batch_is_written() {
    let find = finds("a", 60);
    for (outward_room, inward_room) in [(1, 1), (1, 64), (64, 1), (10, 10), (64, 64), (500, 300)] {
        let plan = Plan { outward_room, inward_room, ..Plan::default() };
        assert_both_succeed(plan.clone(), &find);
        assert_both_succeed(Plan { delay: milliseconds(3), ..plan.clone() }, &find);
        assert_both_succeed(
            Plan {
                send_sizes: Sizes::cycle([5, 0, 1]),
                receive_sizes: Sizes::cycle([0, 3, 8]),
                ..plan
            },
            &find,
        );
    }
}

#[test]
fn sends_a_batch_many_times_larger_than_the_buffers() {
    let find = finds("a", 10_000);
    assert!(find.bytes().len() > 100_000);
    assert_both_succeed(
        Plan { outward_room: 8 * 1024, inward_room: 4 * 1024, ..Plan::default() },
        &find,
    );
}

#[test]
fn continues_after_each_turn_with_small_commands_and_large_replies() {
    let answer = [b"0\t1\t".to_vec(), vec![b'x'; 100_000], b"\n".to_vec()].concat();
    let expected = answer.repeat(20);
    let find = finds("a", 20);
    for inward_room in [5_000, 100_000, usize::MAX] {
        let answer = answer.clone();
        let plan = Plan { outward_room: 40, inward_room, ..Plan::default() };
        let peer = Peer::default().with_link(plan).with_answer(move |_| answer.clone());
        let world = World::with(peer);
        let (_, completion) = world.execute(world.connection(SERVER, options(None, b"")), &find);
        assert!(completion.failure.is_none(), "{:?}", completion.failure);
        assert_same_bytes(&replies(&completion), &expected);
    }
}

#[track_caller]
fn assert_both_succeed(plan: Plan, find: &Batch) {
    let world = World::with(Peer::with_secret().with_link(plan));
    let (connection, completion) = world.execute(world.connection(SERVER, with_handshake()), find);
    assert_success(&completion, find);
    let (_, completion) = world.execute(connection, find);
    assert_success(&completion, find);
    assert_eq!(world.link_count(), 1);
}
