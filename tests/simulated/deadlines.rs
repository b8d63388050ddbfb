//! Deadlines before the first step and between any two steps.

use std::time::Duration;

use hansock::connection::{Completion, Connection, ConnectionState, Event, Step};
use hansock::error::Outcome;
use hansock::protocol::Batch;

use crate::support::*;

const HOST: &str = "db.example:9998";
const TIMED_OUT_UNSENT: Option<(&str, Outcome)> = Some(("ERR_HS_TIMEOUT", Outcome::NotSent));
const TIMED_OUT: Option<(&str, Outcome)> = Some(("ERR_HS_TIMEOUT", Outcome::Unknown));

/// A world with a look-up of 10 ms, a connect of 10 ms, one byte a millisecond, and replies after 7
/// ms.
fn slow_world() -> World {
    let world = World::new();
    let addresses = Ok(vec![[10, 0, 0, 1].into()]);
    world.add_name("db.example", Name { addresses, delay: milliseconds(10) });
    let plan = Plan { delay: milliseconds(7), ..Plan::slow() };
    let peer = Peer::with_secret().with_link(plan);
    world.add_peer(SERVER, peer.with_connect(Connect::After(milliseconds(10))));
    world
}

#[test]
fn ends_batch_and_socket_at_a_deadline_between_any_two_steps() {
    let (late, next) = (finds("late", 2), finds("next", 2));
    let world = slow_world();
    let begun = world.now();
    let (_, completion) = world.execute(world.connection(HOST, with_secret()), &late);
    assert_success(&completion, &late);
    let time_needed = world.now() - begun;
    assert!(time_needed > milliseconds(50), "{time_needed:?}");

    for timeout in (0..).map(|n| milliseconds(1) * n).take_while(|&time| time < time_needed) {
        let world = slow_world();
        let connection = world.connection(HOST, with_secret());
        let begun = world.now();
        let event_loop = EventLoop::new(&world, timeout).may_time_out();
        let (connection, completion) = event_loop.pair(connection, &late).run_one();

        assert_eq!(world.now() - begun, timeout, "the batch ends at its deadline");
        assert_timed_out(&world, &completion, &late, timeout);
        assert!((0..world.link_count()).all(|link| world.link(link).is_dropped));

        // The late replies arrive while the next batch is in flight, on another socket.
        let state = connection.status().state();
        assert_eq!(state == ConnectionState::Closed, timeout.is_zero());
        let (_, completion) = world.execute(connection, &next);
        assert_success(&completion, &next);
    }
}

#[track_caller]
fn assert_timed_out(world: &World, completion: &Completion, late: &Batch, timeout: Duration) {
    let preamble = b"A\t1\txyzzy\n".len();
    let was_begun = world.link_count() > 0 && world.link(0).accepted.len() > preamble;
    let outcome = if was_begun { TIMED_OUT } else { TIMED_OUT_UNSENT };
    assert_eq!(failure(completion), outcome, "after {timeout:?}");
    let (found, all) = (replies(completion), echoes(late));
    assert!(all.starts_with(&found) && completion.replies < late.commands());
    let reason = completion.failure.as_ref().map(|failure| failure.error.to_string());
    let during = match timeout.as_millis() {
        0 => "before anything was sent",
        1..=10 => "while the host's name was being looked up",
        11..=20 => "before the server accepted the connection",
        _ => &format!("with {} of 2 replies received", completion.replies),
    };
    assert_eq!(reason, Some(format!("the deadline passed {during}")), "after {timeout:?}");
}

#[test]
fn times_out_if_the_server_is_silent() {
    let world = World::with(Peer::default().with_link(Plan::silent()));
    let begun = world.now();
    let event_loop = EventLoop::new(&world, milliseconds(250)).may_time_out();
    let connection = world.connection(SERVER, options(None, b""));
    let (connection, completion) = event_loop.pair(connection, &finds("a", 1)).run_one();
    assert_eq!(failure(&completion), TIMED_OUT);
    assert_eq!(world.now() - begun, milliseconds(250));
    assert_eq!(connection.status().state(), ConnectionState::Aborted);
    assert!(connection.sockets().next().is_none());
}

#[test]
fn keeps_late_replies_from_the_next_batch() {
    for delay in [1, 2, 3, 10] {
        let late = Plan { delay: milliseconds(10), ..Plan::default() };
        let next = Plan { delay: milliseconds(delay), ..Plan::default() };
        let world = World::with(Peer { links: [late, next].into(), ..Peer::default() });
        let connection = world.connection(SERVER, options(None, b""));
        let event_loop = EventLoop::new(&world, milliseconds(9)).may_time_out();
        let (connection, completion) = event_loop.pair(connection, &finds("late", 2)).run_one();
        assert_eq!(failure(&completion), TIMED_OUT);
        let find = finds("next", 2);
        let (_, completion) = world.execute(connection, &find);
        assert_success(&completion, &find);
        assert_eq!(world.link_count(), 2);
    }
}

#[test]
fn sends_nothing_after_the_deadline_and_keeps_the_socket() {
    let world = World::with(Peer::default());
    let find = finds("a", 1);
    let (connection, _) = world.execute(world.connection(SERVER, options(None, b"")), &find);
    let event_loop = EventLoop::new(&world, Duration::ZERO).may_time_out();
    let fresh = world.connection(SERVER, options(None, b""));
    let (fresh, completion) = event_loop.pair(fresh, &find).run_one();
    assert_eq!(failure(&completion), TIMED_OUT_UNSENT);
    assert_eq!(fresh.status().state(), ConnectionState::Closed);

    let event_loop = EventLoop::new(&world, Duration::ZERO).may_time_out();
    let (connection, completion) = event_loop.pair(connection, &find).run_one();
    assert_eq!(failure(&completion), TIMED_OUT_UNSENT);
    assert!(connection.sockets().next().is_some());
    assert_eq!(world.executed().len(), 1);
    let (_, completion) = world.execute(connection, &find);
    assert_success(&completion, &find);
    assert_eq!(world.link_count(), 1);
}

/// A blocked event loop reports readiness after the deadline has passed.
#[test]
fn keeps_replies_that_arrived_before_a_late_call() {
    for event in [Event::Ready, Event::Time] {
        let plan = Plan { delay: milliseconds(5), ..Plan::default() };
        let (world, mut connection) = start(Peer::default().with_link(plan), 10);
        pass(&world, 20);
        let Step::Done(completion) = connection.resume(event, world.now()) else {
            panic!("the deadline has passed");
        };
        assert_success(&completion, &finds("a", 2));
        assert!(connection.sockets().next().is_some());
    }
}

/// This is more than one turn receives.
#[test]
fn keeps_replies_of_several_mebibytes_before_a_late_call() {
    let plan = Plan { delay: milliseconds(5), ..Plan::default() };
    let world = World::with(Peer::default().with_link(plan));
    let mut connection = world.connection(SERVER, options(None, b""));
    let long = finds(&"x".repeat(3 * 1024 * 1024), 1);
    let deadline = world.now() + milliseconds(10);
    assert!(matches!(connection.start(long.clone(), deadline, world.now()), Step::Wait(_)));
    for _ in 0..2 {
        pass(&world, 1);
        assert!(matches!(connection.resume(Event::Ready, world.now()), Step::Wait(_)));
    }
    pass(&world, 20);
    let Step::Done(completion) = connection.resume(Event::Time, world.now()) else {
        panic!("the deadline has passed");
    };
    assert_success(&completion, &long);
}

#[test]
fn sends_nothing_in_a_late_call() {
    for event in [Event::Ready, Event::Time] {
        let peer = Peer::default().with_connect(Connect::After(milliseconds(5)));
        let (world, mut connection) = start(peer, 10);
        pass(&world, 20);
        let Step::Done(completion) = connection.resume(event, world.now()) else {
            panic!("the deadline has passed");
        };
        assert_eq!(failure(&completion), TIMED_OUT_UNSENT);
        assert!(world.link(0).accepted.is_empty());
        assert!(world.link(0).is_dropped);
    }
}

#[test]
fn sends_no_further_part_of_the_batch_in_a_late_call() {
    for event in [Event::Ready, Event::Time] {
        let plan = Plan { send_sizes: Sizes::cycle([5, 0, usize::MAX]), ..Plan::default() };
        let (world, mut connection) = start(Peer::default().with_link(plan), 10);
        assert_eq!(world.link(0).accepted.len(), 5);
        pass(&world, 20);
        let Step::Done(completion) = connection.resume(event, world.now()) else {
            panic!("the deadline has passed");
        };
        assert_eq!(failure(&completion), TIMED_OUT);
        assert_eq!(world.link(0).accepted.len(), 5);
        assert!(world.executed().is_empty());
    }
}

#[test]
fn does_not_connect_after_a_late_look_up() {
    let world = World::new();
    world.add_peer(SERVER, Peer::default());
    let mut connection = world.connection(HOST, options(None, b""));
    let deadline = world.now() + milliseconds(10);
    assert!(matches!(connection.start(finds("a", 2), deadline, world.now()), Step::Wait(_)));
    pass(&world, 20);
    let found = Event::Resolved(Ok(vec![[10, 0, 0, 1].into()]));
    let Step::Done(completion) = connection.resume(found, world.now()) else {
        panic!("the deadline has passed");
    };
    assert_eq!(failure(&completion), TIMED_OUT_UNSENT);
    assert!(world.connects().is_empty());
}

#[test]
fn ignores_early_and_unexpected_events() {
    let plan = Plan { delay: milliseconds(5), ..Plan::default() };
    let (world, mut connection) = start(Peer::default().with_link(plan), 10);
    let Step::Wait(before) = connection.resume(Event::Time, world.now()) else {
        panic!("nothing has happened");
    };
    let Step::Wait(after) = connection.resume(Event::Resolved(Ok(Vec::new())), world.now()) else {
        panic!("nothing has happened");
    };
    assert_eq!(before, after);
    pass(&world, 5);
    let Step::Done(completion) = connection.resume(Event::Ready, world.now()) else {
        panic!("the replies have arrived");
    };
    assert_success(&completion, &finds("a", 2));
}

/// Starts two commands on a new connection without a preamble.
fn start(peer: Peer, timeout: u64) -> (World, Connection<World>) {
    let world = World::with(peer);
    let mut connection = world.connection(SERVER, options(None, b""));
    let deadline = world.now() + milliseconds(timeout);
    let step = connection.start(finds("a", 2), deadline, world.now());
    assert!(matches!(step, Step::Wait(_)));
    (world, connection)
}

fn pass(world: &World, time: u64) {
    world.move_clock(world.now() + milliseconds(time));
}
