//! Several pairs in one execute, and what an executor says of them.

use hansock::connection::{Connection, ConnectionState, Event};
use hansock::error::Outcome;
use hansock::executor::Executor;

use crate::support::*;

#[test]
fn an_executor_without_pairs_is_done() {
    let world = World::new();
    let executor: Executor<World> = Executor::new(world.now());
    assert!(executor.is_done() && executor.is_empty());
    assert_eq!(executor.until(), None);
    assert_eq!(executor.finish().count(), 0);
}

#[test]
fn a_pair_without_a_connection_is_busy_and_holds_nobody_up() {
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
fn many_pairs_run_at_once() {
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
    assert!(world.now() - begun < milliseconds(400), "they wait side by side");
}

#[test]
fn pairs_of_every_kind_end_by_one_deadline() {
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
fn only_the_connected_pairs_begin_when_no_other_may() {
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
    assert_eq!(world.link_count(), 1, "nobody connects");
    assert_eq!(world.executed().len(), 2);
    assert_eq!(executor.until(), Some(deadline));
    assert!(executor.wait(0).is_none() && executor.wait(1).is_some());
    executor.resume(1, Event::Ready, world.now());
    assert!(executor.wait(1).is_none(), "its reply is there");
    assert!(!executor.is_done());

    executor.start(world.now());
    assert_eq!(world.link_count(), 2);
    assert_eq!(world.executed().len(), 3, "what has begun does not begin again");
    executor.expire(deadline);
    assert!(executor.is_done());
}

#[test]
fn a_pair_that_never_began_ends_with_the_deadline_too() {
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
