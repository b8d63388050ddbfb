//! Secrets and handshakes: accepted, refused or missing.

use hansock::connection::{Completion, ConnectionState, Options};
use hansock::error::Outcome;
use hansock::protocol::Batch;

use crate::support::*;

const REFUSED: Option<(&str, Outcome)> = Some(("ERR_HS_AUTH", Outcome::NotSent));
const UNAUTHORISED: &[u8] = b"3\t1\tunauth\n";

/// Whole, in pieces, and slowly.
fn plans() -> [Plan; 3] {
    [Plan::default(), Plan { receive_sizes: Sizes::cycle([1]), ..Plan::default() }, Plan::slow()]
}

#[test]
fn reports_a_wrong_secret_if_the_server_refuses_every_command() {
    for plan in plans() {
        for handshake in [&b""[..], b"P\t1\tshop\titem\tPRIMARY\tid\n"] {
            let world = World::with(Peer::with_secret().with_link(plan.clone()));
            let (connection, completion) = run(&world, options(Some(b"wrong"), handshake));
            assert_eq!(failure(&completion), REFUSED);
            assert!(message(&completion).contains("refused the secret"));
            assert_same_bytes(&replies(&completion), &UNAUTHORISED.repeat(3));
            assert!(world.executed().is_empty());
            assert_eq!(connection.status().state(), ConnectionState::Aborted);
            assert!(world.link(0).is_dropped);
        }
    }
}

#[test]
fn reports_a_missing_secret() {
    for plan in plans() {
        for handshake in [&b""[..], b"P\t1\tshop\titem\tPRIMARY\tid\n"] {
            let world = World::with(Peer::with_secret().with_link(plan.clone()));
            let (connection, completion) = run(&world, options(None, handshake));
            assert_eq!(failure(&completion), REFUSED);
            assert!(message(&completion).contains("wants a secret"));
            assert_eq!(completion.replies, 3);
            assert!(world.executed().is_empty());
            assert_eq!(connection.status().state(), ConnectionState::Aborted);
        }
    }
}

#[test]
fn reports_a_refused_secret_although_the_batch_was_executed() {
    for plan in plans() {
        let world = World::with(Peer::default().with_link(plan));
        let (connection, completion) = run(&world, with_secret());
        assert_eq!(failure(&completion), Some(("ERR_HS_AUTH", Outcome::Unknown)));
        assert_same_bytes(&replies(&completion), &echoes(&finds("a", 3)));
        assert_eq!(world.executed().len(), 3);
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
    }
}

#[test]
fn accepts_an_empty_secret_if_the_server_wants_none() {
    let world = World::with(Peer::default());
    let (_, completion) = run(&world, options(Some(b""), b""));
    assert_success(&completion, &finds("a", 3));
    assert_eq!(lines(&world.link(0).accepted).next(), Some(&b"A\t1\t"[..]));
}

#[test]
fn reports_a_refused_secret_rather_than_the_break_after_it() {
    let after_auth = UNAUTHORISED.len();
    for fault in [Fault::Reset, Fault::EndOfFile] {
        let world = World::with(
            Peer::with_secret().with_link(Plan::with_fault(When::Replying(after_auth + 5), fault)),
        );
        let (_, completion) = run(&world, options(Some(b"wrong"), b""));
        assert_eq!(failure(&completion), Some(("ERR_HS_AUTH", Outcome::Unknown)));
        assert_eq!(completion.replies, 0);
    }
}

#[test]
fn reports_the_server_s_error_if_it_refuses_a_handshake_command() {
    for plan in plans() {
        let answer = |command: &[u8]| match command {
            b"P\t2\tshop\titem\tname\tid" => b"2\t1\tidxnum\n".to_vec(),
            _ => b"0\t1\n".to_vec(),
        };
        let world = World::with(Peer::with_secret().with_link(plan).with_answer(answer));
        let (connection, completion) = run(&world, with_handshake());
        assert_eq!(failure(&completion), Some(("ERR_HS_SERVER", Outcome::Unknown)));
        let error = &completion.failure.as_ref().expect("the batch failed").error;
        assert_eq!(error.server_error(), Some((2, "idxnum")));
        assert!(error.to_string().contains("command 2 of the handshake"), "{error}");
        assert_same_bytes(&replies(&completion), b"0\t1\n0\t1\n0\t1\n");
        assert_eq!(connection.status().state(), ConnectionState::Aborted);
    }
}

#[test]
fn reports_the_first_refusal_of_a_handshake() {
    let answer = |command: &[u8]| match command.starts_with(b"P\t1") {
        true => b"1\t1\topen_table\n".to_vec(),
        false => b"2\t1\tstmtnum\n".to_vec(),
    };
    let world = World::with(Peer::default().with_answer(answer));
    let handshake = b"P\t1\ta\tb\t\tc\nP\t2\ta\tb\t\tc\n";
    let (_, completion) = run(&world, options(None, handshake));
    let error = completion.failure.map(|failure| failure.error).expect("the batch failed");
    assert_eq!(error.server_error(), Some((1, "open_table")));
}

#[test]
fn keeps_the_server_s_message_out_of_the_error_text() {
    let answer = |command: &[u8]| match command.starts_with(b"P\t1") {
        true => b"1\t1\txyzzy\n".to_vec(),
        false => b"0\t1\n".to_vec(),
    };
    let world = World::with(Peer::with_secret().with_answer(answer));
    let (_, completion) = run(&world, options(Some(b"xyzzy"), b"P\t1\ta\tb\t\tc\n"));
    let error = completion.failure.map(|failure| failure.error).expect("the batch failed");
    assert_eq!(error.server_error(), Some((1, "xyzzy")));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("xyzzy"), "{text}");
    }
}

#[test]
fn passes_the_reply_to_an_auth_request_of_the_batch_through() {
    let world = World::with(Peer::with_secret());
    let connection = world.connection(SERVER, options(None, b""));
    let login = batch(b"A\t1\txyzzy\n1\t=\t1\ta\n");
    let (connection, completion) = world.execute(connection, &login);
    assert!(completion.failure.is_none());
    assert_same_bytes(&replies(&completion), b"0\t1\n0\t4\t1\t=\t1\ta\n");

    let wrong = batch(b"A\t1\twrong\n1\t=\t1\ta\n");
    let (connection, completion) = world.execute(connection, &wrong);
    assert!(completion.failure.is_none(), "a refusal is a reply like any other");
    assert_same_bytes(&replies(&completion), &UNAUTHORISED.repeat(2));
    assert_eq!(world.link_count(), 1);
    assert_eq!(connection.status().state(), ConnectionState::Connected);
}

#[test]
fn passes_through_replies_that_refuse_some_commands() {
    let answer = |command: &[u8]| match command.ends_with(b"-1") {
        true => b"0\t1\n".to_vec(),
        false => UNAUTHORISED.to_vec(),
    };
    let world = World::with(Peer::default().with_answer(answer));
    let (_, completion) = run(&world, options(None, b""));
    assert!(completion.failure.is_none(), "{:?}", completion.failure);
    assert_eq!(completion.replies, 3);
}

#[test]
fn passes_error_replies_through() {
    let world = World::with(Peer::with_secret().with_answer(|_| b"2\t1\tstmtnum\n".to_vec()));
    let (connection, completion) = run(&world, with_secret());
    assert!(completion.failure.is_none(), "{:?}", completion.failure);
    assert_same_bytes(&replies(&completion), &b"2\t1\tstmtnum\n".repeat(3));
    assert_eq!(connection.status().state(), ConnectionState::Connected);
}

#[test]
fn rejects_a_secret_with_control_characters() {
    assert!(Options::new(Some(b"a\tb"), &Batch::default(), 100).is_err());
    assert!(Options::new(Some(b"\x0f"), &Batch::default(), 100).is_err());
    assert!(Options::new(Some(b"\x10\\`\xff"), &Batch::default(), 100).is_ok());
}

fn run(world: &World, options: Options) -> (SimulatedConnection, Completion) {
    world.execute(world.connection(SERVER, options), &finds("a", 3))
}

fn message(completion: &Completion) -> String {
    completion.failure.as_ref().map(|failure| failure.error.to_string()).unwrap_or_default()
}
