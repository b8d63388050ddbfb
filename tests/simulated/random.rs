//! Any network, faults and deadlines: the promises of an execute hold.

use std::time::Duration;

use hansock::connection::Completion;
use hansock::error::Outcome;
use hansock::protocol::Batch;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use crate::support::*;

const HOST: &str = "db.example:9998";

/// The scenario of one connection.
#[derive(Clone, Debug)]
struct Scenario {
    name: Name,
    /// The connects and links of each of the name's addresses.
    peers: Vec<(Vec<Connect>, Vec<Plan>)>,
    server_secret: bool,
    client_secret: Option<&'static [u8]>,
    handshake: &'static [u8],
    rounds: Vec<Round>,
}

/// A batch, and a fault after it.
#[derive(Clone, Debug)]
struct Round {
    commands: usize,
    timeout: Duration,
    /// A fault on the connection while it is idle after the round.
    afterwards: Option<Fault>,
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn keeps_its_promises_on_any_network(scenario in scenario()) {
        run(&scenario);
    }
}

fn run(scenario: &Scenario) {
    let world = World::new();
    world.add_name("db.example", scenario.name.clone());
    for (number, (connects, links)) in (1..).zip(&scenario.peers) {
        let secret = scenario.server_secret.then(|| SECRET.to_vec());
        let (connects, links) = (connects.clone().into(), links.clone().into());
        let peer = Peer { connects, links, secret, ..Peer::default() };
        world.add_peer(&format!("10.0.0.{number}:9998"), peer);
    }
    let mut connection =
        world.connection(HOST, options(scenario.client_secret, scenario.handshake));
    for (number, round) in scenario.rounds.iter().enumerate() {
        let batch = finds(&format!("round-{number}"), round.commands);
        let sent_before = batch_bytes(&world);
        let event_loop = EventLoop::new(&world, round.timeout).may_time_out();
        let completion;
        (connection, completion) = event_loop.pair(connection, &batch).run_one();
        let was_begun = batch_bytes(&world) > sent_before;
        // A server that sends stray bytes cannot be held to the meaning of its replies.
        let is_reliable = !scenario.has_strays();
        check_outcome(&world, &completion, &batch, was_begun, is_reliable);
        if is_reliable {
            check_replies(&completion, &batch);
        }
        let is_idle = connection.sockets().next().is_some();
        if round.commands > 0 && !round.timeout.is_zero() {
            assert_eq!(is_idle, completion.failure.is_none());
        }
        let open = (0..world.link_count()).filter(|&link| !world.link(link).is_dropped);
        assert_eq!(open.count(), usize::from(is_idle), "only an idle connection keeps its socket");
        if let (true, Some(fault)) = (is_idle, &round.afterwards) {
            world.happen(world.link_count() - 1, fault.clone());
        }
    }
}

fn check_outcome(
    world: &World,
    completion: &Completion,
    batch: &Batch,
    was_begun: bool,
    is_reliable: bool,
) {
    let Some((code, outcome)) = failure(completion) else {
        assert_eq!(completion.replies, batch.commands());
        return;
    };
    let executed = world.executed();
    let was_executed = lines(batch.bytes()).any(|line| executed.iter().any(|done| done == line));
    match (code, outcome) {
        ("ERR_HS_AUTH", Outcome::NotSent) if was_begun => {
            assert_eq!(completion.replies, batch.commands());
            assert!(!was_executed || !is_reliable);
        }
        ("ERR_HS_CONNECT", Outcome::Unknown) => panic!("without a connection nothing is sent"),
        (
            "ERR_HS_AUTH" | "ERR_HS_CONNECT" | "ERR_HS_LOST" | "ERR_HS_PROTOCOL" | "ERR_HS_SERVER"
            | "ERR_HS_TIMEOUT",
            _,
        ) => {
            assert_eq!(outcome == Outcome::Unknown, was_begun, "{code}");
            assert!(was_begun || !was_executed);
        }
        _ => panic!("{code} cannot be"),
    }
}

fn check_replies(completion: &Completion, batch: &Batch) {
    let found = replies(completion);
    let mut commands = lines(batch.bytes());
    for reply in found.split_inclusive(|&byte| byte == b'\n') {
        let command = commands.next().expect("there are no more replies than commands");
        let is_refusal = reply == b"3\t1\tunauth\n" && completion.failure.is_some();
        assert!(is_refusal || reply == [b"0\t4\t", command, b"\n"].concat(), "{completion:?}");
    }
    assert_eq!(completion.replies, batch.commands() - commands.count());
}

/// The bytes of batches that the client has sent on all links. Batches begin with a digit, the
/// commands of a preamble do not.
fn batch_bytes(world: &World) -> usize {
    let links = (0..world.link_count()).map(|link| world.link(link).accepted);
    links
        .map(|accepted| {
            let lines = accepted.split_inclusive(|&byte| byte == b'\n');
            lines.filter(|line| line.starts_with(b"1")).map(<[u8]>::len).sum::<usize>()
        })
        .sum()
}

impl Scenario {
    fn has_strays(&self) -> bool {
        let plans = self.peers.iter().flat_map(|(_, plans)| plans);
        plans.flat_map(|plan| &plan.faults).any(|(_, fault)| matches!(fault, Fault::Stray(_)))
    }
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let connects = prop::collection::vec(connect(), 0..3);
    let plans = prop::collection::vec(plan(), 0..4);
    (
        name(),
        prop::collection::vec((connects, plans), 3),
        any::<bool>(),
        select(vec![Some(SECRET), Some(b"wrong"), Some(b""), None]),
        select(vec![&b""[..], b"P\t1\ta\tb\tc\td\n", b"P\t1\ta\tb\tc\td\nP\t2\ta\tb\tc\td\n"]),
        prop::collection::vec(round(), 1..4),
    )
        .prop_map(|(name, peers, server_secret, client_secret, handshake, rounds)| Scenario {
            name,
            peers,
            server_secret,
            client_secret,
            handshake,
            rounds,
        })
}

fn name() -> impl Strategy<Value = Name> {
    let addresses = prop_oneof![
        8 => (1..4u8).prop_map(|count| Ok((1..=count).map(|n| [10, 0, 0, n].into()).collect())),
        1 => Just(Ok(Vec::new())),
        1 => Just(Err(std::io::ErrorKind::NotFound)),
    ];
    (addresses, short_time()).prop_map(|(addresses, delay)| Name { addresses, delay })
}

fn connect() -> impl Strategy<Value = Connect> {
    prop_oneof![
        6 => Just(Connect::AtOnce),
        2 => short_time().prop_map(Connect::After),
        1 => Just(Connect::Never),
        1 => Just(Connect::Refused),
        1 => short_time().prop_map(Connect::RefusedAfter),
        1 => Just(Connect::NoRoom),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let room = || select(vec![1, 8, 50, usize::MAX, usize::MAX]);
    let delay = prop_oneof![8 => short_time(), 1 => Just(PLENTY)];
    (sizes(), sizes(), room(), room(), delay, prop::collection::vec((when(), fault()), 0..3))
        .prop_map(|(send_sizes, receive_sizes, outward_room, inward_room, delay, faults)| Plan {
            send_sizes,
            receive_sizes,
            outward_room,
            inward_room,
            delay,
            faults,
        })
}

fn sizes() -> impl Strategy<Value = Sizes> {
    let size = select(vec![0, 0, 1, 1, 2, 7, 30, usize::MAX]);
    let not_nothing = select(vec![1, 3, 11, usize::MAX, usize::MAX]);
    (prop::collection::vec(size, 0..5), not_nothing).prop_map(|(mut sizes, last)| {
        sizes.push(last);
        Sizes::cycle(sizes)
    })
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        (0..150usize).prop_map(When::Accepting),
        (0..150usize).prop_map(When::Replying),
        (0..40usize).prop_map(When::Call),
        short_time().prop_map(When::Elapsed),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::Reset),
        3 => Just(Fault::EndOfFile),
        1 => select(vec![&b"0\t1\tstray\n"[..], b"0\t1", b"garbage\n", b"\n"])
            .prop_map(|bytes| Fault::Stray(bytes.to_vec())),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let timeout = prop_oneof![short_time(), (100..2000u64).prop_map(milliseconds)];
    let afterwards = prop::option::weighted(0.3, select(vec![Fault::Reset, Fault::EndOfFile]));
    (0..6usize, timeout, afterwards).prop_map(|(commands, timeout, afterwards)| Round {
        commands,
        timeout,
        afterwards,
    })
}

fn short_time() -> impl Strategy<Value = Duration> {
    prop_oneof![1 => Just(Duration::ZERO), 2 => (0..40u64).prop_map(milliseconds)]
}

/// The same cases in every run, unless `PROPTEST_CASES` or `PROPTEST_RNG_SEED` is set.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 2000;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(20_260_101);
    }
    config
}
