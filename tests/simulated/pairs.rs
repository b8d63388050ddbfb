//! Several pairs in one execute.

use std::time::Instant;

use hansock::connection::{Completion, Connection, ConnectionState, Event};
use hansock::error::Outcome;
use hansock::executor::Executor;

use crate::support::*;

#[test]
fn is_done_without_pairs() {
    let world = World::new();
    let executor: Executor<World> = Executor::new(world.now());
    assert!(executor.is_done() && executor.is_empty());
    assert_eq!(executor.until(), None);
    assert_eq!(executor.finish().count(), 0);
}

#[test]
fn fails_a_pair_without_a_connection_as_busy_and_runs_the_others() {
    let world = World::with(Peer::default());
    let find = finds("a", 2);
    let connection = world.connection(SERVER, options(None, b""));
    let event_loop = EventLoop::new(&world, PLENTY).pair_or_none(None, &find);
    let ended = event_loop.pair(connection, &find).pair_or_none(None, &batch(b"")).run();
    for busy in [0, 2] {
        assert!(ended[busy].0.is_none());
        assert_eq!(failure(&ended[busy].1), Some(("ERR_HS_BUSY", Outcome::NotSent)));
    }
    assert_success(&ended[1].1, &find);
    assert_eq!(world.link_count(), 1);
}

#[test]
fn runs_many_pairs_at_the_same_time() {
    let world = World::new();
    let mut event_loop = EventLoop::new(&world, PLENTY);
    let batches: Vec<_> = (0..200).map(|n| finds(&format!("pair-{n}"), 1 + n % 7)).collect();
    for (n, batch) in batches.iter().enumerate() {
        let address = format!("10.0.1.{n}:9998");
        let plan = Plan {
            send_sizes: Sizes::cycle([1 + n, 0]),
            receive_sizes: Sizes::cycle([n % 3, 1 + n % 11]),
            delay: milliseconds(n as u64 % 40),
            ..Plan::default()
        };
        world.add_peer(&address, Peer::with_secret().with_link(plan));
        event_loop = event_loop.pair(world.connection(&address, with_handshake()), batch);
    }
    assert_eq!(event_loop.executor.len(), 200);
    let begun = world.now();
    for ((_, completion), batch) in event_loop.run().iter().zip(&batches) {
        assert_success(completion, batch);
    }
    assert!(world.now() - begun < milliseconds(400), "the pairs wait at the same time");
}

#[test]
fn ends_pairs_in_every_stage_at_one_deadline() {
    let world = World::with(Peer::default());
    world.add_peer("10.0.0.2:9998", Peer::default().with_link(Plan::silent()));
    world.add_peer("10.0.0.3:9998", Peer::default().with_connect(Connect::Never));
    world.add_name("lost.example", Name { addresses: Ok(Vec::new()), delay: PLENTY * 2 });
    let find = finds("a", 2);
    let mut event_loop = EventLoop::new(&world, milliseconds(100)).may_time_out();
    for address in [SERVER, "10.0.0.2:9998", "10.0.0.3:9998", "lost.example", "10.0.0.4:9998"] {
        event_loop = event_loop.pair(world.connection(address, options(None, b"")), &find);
    }
    let begun = world.now();
    let ended = event_loop.run();
    assert_eq!(world.now() - begun, milliseconds(100));
    assert_success(&ended[0].1, &find);
    let failures: Vec<_> = ended[1..].iter().map(|(_, completion)| failure(completion)).collect();
    assert_eq!(
        failures,
        [
            Some(("ERR_HS_TIMEOUT", Outcome::Unknown)),
            Some(("ERR_HS_TIMEOUT", Outcome::NotSent)),
            Some(("ERR_HS_TIMEOUT", Outcome::NotSent)),
            Some(("ERR_HS_CONNECT", Outcome::NotSent)),
        ]
    );
}

#[test]
fn start_connected_starts_only_connected_pairs() {
    let world = World::with(Peer::default().with_link(Plan::silent()));
    world.add_peer("10.0.0.2:9998", Peer::default());
    let fresh = world.connection(SERVER, options(None, b""));
    let used = world.connection("10.0.0.2:9998", options(None, b""));
    let find = finds("a", 1);
    let (used, _) = world.execute(used, &find);
    let deadline = world.now() + PLENTY;
    let mut executor = Executor::new(deadline);
    executor.add(Some(fresh), find.clone());
    executor.add(Some(used), find.clone());
    executor.start_connected(world.now());
    assert_eq!(world.link_count(), 1, "no pair connects");
    assert_eq!(world.executed().len(), 2);
    assert_eq!(executor.until(), Some(deadline));
    assert!(executor.wait(0).is_none() && executor.wait(1).is_some());
    executor.resume(1, Event::Ready, world.now());
    assert!(executor.wait(1).is_none(), "the reply has arrived");
    assert!(!executor.is_done());

    executor.start(world.now());
    assert_eq!(world.link_count(), 2);
    assert_eq!(world.executed().len(), 3, "a pair that has started does not start again");
    executor.expire(deadline);
    assert!(executor.is_done());
}

#[test]
fn ends_a_pair_that_never_started_at_the_deadline() {
    let world = World::with(Peer::default());
    let deadline = world.now() + milliseconds(10);
    let mut executor = Executor::new(deadline);
    executor.add(Some(world.connection(SERVER, options(None, b""))), finds("a", 1));
    executor.expire(deadline - milliseconds(1));
    assert!(!executor.is_done());
    executor.expire(deadline);
    let (connection, completion) = executor.finish().next().expect("there is a pair");
    assert_eq!(failure(&completion), Some(("ERR_HS_TIMEOUT", Outcome::NotSent)));
    assert!(world.connects().is_empty());
    let state = connection.as_ref().map(Connection::status).map(|status| status.state());
    assert_eq!(state, Some(ConnectionState::Closed));
}

/// Runs the only pair of an executor to its end, and returns its connection.
fn end(world: &World, executor: &mut Executor<World>, begun: Instant) -> SimulatedConnection {
    for _ in 0..1000 {
        executor.resume(0, Event::Ready, world.now());
        if executor.is_done() {
            break;
        }
    }
    assert!(executor.is_done());
    assert_eq!(world.now(), begun);
    executor.take_connection(0).expect("the pair has a connection")
}

fn completion(executor: Executor<World>) -> Completion {
    let mut ended: Vec<_> = executor.finish().collect();
    let (connection, completion) = ended.pop().expect("there is a pair");
    assert!(ended.is_empty() && connection.is_none());
    completion
}

#[test]
fn does_nothing_for_a_queued_pair() {
    let world = World::with(Peer::default());
    let deadline = world.now() + milliseconds(10);
    let mut executor: Executor<World> = Executor::new(deadline);
    assert_eq!(executor.add_queued(finds("a", 1)), 0);
    assert!(executor.is_queued(0));
    for _ in 0..2 {
        assert!(!executor.has_to_start(0) && !executor.is_done());
        assert!(executor.wait(0).is_none() && executor.connection(0).is_none());
        assert!(executor.take_connection(0).is_none());
        assert_eq!(executor.until(), Some(deadline));
        executor.start_connected(world.now());
        executor.start(world.now());
        executor.resume(0, Event::Ready, world.now());
        executor.expire(deadline - milliseconds(1));
    }
    assert_eq!(executor.add(None, finds("b", 1)), 1);
    assert!(executor.is_queued(0) && !executor.is_queued(1));
    assert!(world.connects().is_empty());
}

#[test]
fn starts_a_queued_pair_that_gets_its_connection() {
    let world = World::with(Peer::with_secret());
    let (first, second) = (finds("first", 3), finds("second", 2));
    let begun = world.now();
    let mut before = Executor::new(begun + PLENTY);
    before.add(Some(world.connection(SERVER, with_handshake())), first.clone());
    let mut after = Executor::new(begun + PLENTY);
    after.add_queued(second.clone());
    before.start(begun);
    after.start(begun);
    assert!(before.take_connection(0).is_none(), "the exchange is in flight");
    let connection = end(&world, &mut before, begun);
    assert!(before.take_connection(0).is_none() && before.connection(0).is_none());
    assert_eq!(world.executed().len(), 2 + 3);

    after.assign(0, connection);
    after.start(begun);
    assert!(!after.is_queued(0) && !after.has_to_start(0) && after.connection(0).is_some());
    let connection = end(&world, &mut after, begun);
    assert_success(&completion(before), &first);
    assert_success(&completion(after), &second);
    assert_eq!(world.link_count(), 1);
    assert_eq!(world.executed().len(), 2 + 3 + 2);
    assert_eq!(connection.status().generation(), 1);
}

#[test]
fn connects_again_if_a_queued_pair_gets_a_failed_connection() {
    let fault = Plan::with_fault(When::Replying(0), Fault::Reset);
    let world = World::with(Peer::with_secret().with_link(fault));
    let second = finds("second", 2);
    let begun = world.now();
    let mut before = Executor::new(begun + PLENTY);
    before.add(Some(world.connection(SERVER, with_handshake())), finds("first", 3));
    before.start(begun);
    let connection = end(&world, &mut before, begun);
    assert_eq!(failure(&completion(before)), Some(("ERR_HS_LOST", Outcome::Unknown)));
    assert_eq!(connection.status().state(), ConnectionState::Aborted);

    let mut after = Executor::new(begun + PLENTY);
    after.add_queued(second.clone());
    after.assign(0, connection);
    after.start(begun);
    let connection = end(&world, &mut after, begun);
    assert_success(&completion(after), &second);
    assert_eq!(world.link_count(), 2);
    let sent = world.link(1).accepted;
    assert!(sent.starts_with(b"A\t1\txyzzy\nP\t1\t"), "secret and handshake come first again");
    assert_eq!(world.link(1).executed.len(), 2 + 2);
    assert_eq!(connection.status().generation(), 2);
    assert_eq!(connection.status().state(), ConnectionState::Connected);
}

#[test]
fn ends_a_queued_pair_by_deadline_close_and_abort() {
    let world = World::with(Peer::default());
    let deadline = world.now() + milliseconds(10);
    type End = fn(&mut Executor<World>, Instant);
    let ends: [(End, &str); 3] = [
        (|executor, deadline| executor.expire(deadline), "ERR_HS_TIMEOUT"),
        (|executor, _| executor.close(0), "ERR_HS_CLOSED"),
        (|executor, _| executor.abort(), "ERR_HS_CLOSED"),
    ];
    for (end_early, code) in ends {
        let find = finds("used", 1);
        let (connection, _) = world.execute(world.connection(SERVER, options(None, b"")), &find);
        let commands = world.executed().len();
        let mut executor = Executor::new(deadline);
        executor.add_queued(finds("a", 1));
        end_early(&mut executor, deadline);
        assert!(executor.is_done() && !executor.is_queued(0) && executor.until().is_none());

        // The pair is given its connection although it has ended.
        executor.assign(0, connection);
        executor.start(world.now());
        assert!(executor.is_done());
        let connection = executor.take_connection(0).expect("the pair was given a connection");
        assert_eq!(failure(&completion(executor)), Some((code, Outcome::NotSent)));
        assert_eq!(connection.status().state(), ConnectionState::Connected);
        assert_eq!(world.executed().len(), commands);
        let (connection, completion) = world.execute(connection, &find);
        assert_success(&completion, &find);
        assert_eq!(connection.status().generation(), 1);
    }
}

#[test]
fn keeps_the_connection_that_a_queued_pair_gets_after_the_deadline() {
    let world = World::with(Peer::default());
    let find = finds("used", 1);
    let (connection, _) = world.execute(world.connection(SERVER, options(None, b"")), &find);
    let deadline = world.now() + milliseconds(10);
    let mut executor = Executor::new(deadline);
    executor.add_queued(finds("late", 1));
    executor.assign(0, connection);
    executor.start(deadline);
    let connection = executor.take_connection(0).expect("the pair has ended");
    let ended = completion(executor);
    assert_eq!(failure(&ended), Some(("ERR_HS_TIMEOUT", Outcome::NotSent)));

    let mut empty = Executor::new(deadline);
    empty.add_queued(batch(b""));
    empty.assign(0, connection);
    empty.start(deadline);
    let connection = empty.take_connection(0).expect("the pair has ended");
    assert_success(&completion(empty), &batch(b""));

    let (connection, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
    assert_eq!((world.link_count(), connection.status().generation()), (1, 1));
    assert_eq!(world.executed().len(), 2);
}

#[test]
fn runs_queued_pairs_beside_others() {
    let world = World::with(Peer::default());
    world.add_peer("10.0.0.2:9998", Peer::default());
    let [ours, theirs, busy] = ["ours", "theirs", "busy"].map(|name| finds(name, 2));
    let now = world.now();
    let mut executor = Executor::new(now + PLENTY);
    executor.add_queued(theirs.clone());
    executor.add(Some(world.connection(SERVER, options(None, b""))), ours.clone());
    executor.add(None, busy);
    assert!(executor.has_to_start(1) && !executor.has_to_start(0) && !executor.has_to_start(2));
    executor.start(now);
    for _ in 0..10 {
        executor.resume(1, Event::Ready, now);
    }
    assert!(executor.take_connection(1).is_some(), "the pair has ended, and the executor has not");
    assert!(executor.take_connection(0).is_none() && executor.take_connection(2).is_none());
    assert!(executor.is_queued(0) && !executor.is_done() && !executor.has_to_start(0));
    executor.close(1);
    executor.assign(0, world.connection("10.0.0.2:9998", options(None, b"")));
    executor.start(now);
    for _ in 0..10 {
        executor.resume(0, Event::Ready, now);
    }
    assert!(executor.is_done());
    let ended: Vec<_> = executor.finish().collect();
    assert!(ended[0].0.is_some() && ended[1].0.is_none() && ended[2].0.is_none());
    assert_success(&ended[0].1, &theirs);
    assert_success(&ended[1].1, &ours);
    assert_eq!(failure(&ended[2].1), Some(("ERR_HS_BUSY", Outcome::NotSent)));
}
