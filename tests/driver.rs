//! The drivers on real sockets: which of them runs which part of an execute.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hansock::address::Address;
use hansock::connection::{DEFAULT_MAX_REPLY_BYTES, Options};
use hansock::driver::{Acquired, ConnectionSlot, Driver, Finished, new_execute_id};
use hansock::executor::Executor;
use hansock::protocol::Batch;

const PATIENCE: Duration = Duration::from_secs(10);

/// A slot for a connection to the server by its name, at which one batch may queue.
fn slot_of(port: u16) -> Arc<ConnectionSlot> {
    let address = Address::tcp("localhost", u32::from(port)).expect("the host and port are valid");
    let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
    Arc::new(ConnectionSlot::new(address, options.expect("options without a secret are valid"), 1))
}

/// Submits a batch of one command.
fn submit(driver: &Driver, slot: &Arc<ConnectionSlot>) {
    let id = new_execute_id();
    let batch = Batch::from_bytes(b"x\n".to_vec()).expect("the command is whole");
    let mut executor = Executor::new(Instant::now() + PATIENCE);
    match slot.acquire(driver, (id, 0), true) {
        Acquired::Ready(connection) => executor.add(Some(connection), batch),
        Acquired::Queued => executor.add_queued(batch),
        Acquired::Busy => panic!("one pair may queue"),
    };
    driver.submit(id, executor, vec![Arc::clone(slot)], Instant::now());
}

/// Whether each execute succeeded, in the order of their ends.
fn succeeded(finished: Vec<Finished>) -> Vec<bool> {
    finished.iter().map(|finished| finished.completions[0].failure.is_none()).collect()
}

/// Calls `poll` until `count` executes of the driver have ended.
fn ends(driver: &Driver, count: usize, poll: impl Fn()) -> Vec<bool> {
    let start = Instant::now();
    let mut ended = Vec::new();
    while ended.len() < count {
        assert!(start.elapsed() < PATIENCE, "{} of {count} ended", ended.len());
        poll();
        ended.extend(succeeded(driver.take_finished()));
        thread::yield_now();
    }
    ended
}

fn close(slot: &Arc<ConnectionSlot>) {
    for (driver, pair) in slot.close() {
        driver.close(pair);
    }
}

/// Starts a server that answers one command of the first connection, closes it at the next one, and
/// answers every command of the second connection.
fn start_server() -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("the listener is bound").port();
    (port, thread::spawn(move || serve(&listener)))
}

fn serve(listener: &TcpListener) {
    let (stream, _) = listener.accept().expect("the client connects");
    let mut lines = BufReader::new(&stream);
    lines.read_line(&mut String::new()).expect("the first command arrives");
    (&stream).write_all(b"0\t1\n").expect("the first reply is sent");
    lines.read_line(&mut String::new()).expect("the second command arrives");
    drop(stream);
    let (stream, _) = listener.accept().expect("the client connects again");
    for _ in BufReader::new(&stream).lines() {
        (&stream).write_all(b"0\t1\n").expect("the reply is sent");
    }
}

#[test]
fn poll_once_does_all_the_work_of_a_worker() {
    let (port, server) = start_server();
    let driver = Driver::new().expect("descriptors are left for a poller");
    let slot = slot_of(port);

    submit(&driver, &slot);
    assert_eq!(ends(&driver, 1, || driver.poll_once()), [true]);
    submit(&driver, &slot);
    submit(&driver, &slot);
    assert_eq!(ends(&driver, 2, || driver.poll_once()), [false, true]);

    close(&slot);
    server.join().expect("the server saw what it expected");
}

#[test]
fn moves_connects_from_the_inline_driver_to_the_worker() {
    let (port, server) = start_server();
    let worker = Driver::new().expect("descriptors are left for a poller");
    let inline = Driver::inline(&worker).expect("descriptors are left for a poller");
    let slot = slot_of(port);

    submit(&inline, &slot);
    assert!(worker.is_busy() && !inline.is_busy(), "a connect is for the worker");
    assert_eq!(ends(&worker, 1, || worker.poll()), [true]);

    submit(&inline, &slot);
    submit(&inline, &slot);
    assert!(inline.is_busy() && !worker.is_busy(), "the connection is open");
    assert_eq!(ends(&inline, 1, || inline.poll_inline()), [false]);
    assert!(worker.is_busy() && !inline.is_busy(), "the next pair has to connect again");
    assert_eq!(ends(&worker, 1, || worker.poll()), [true]);

    submit(&inline, &slot);
    assert_eq!(ends(&inline, 1, || inline.poll_inline()), [true]);
    close(&slot);
    server.join().expect("the server saw what it expected");
}

#[test]
fn hands_a_connection_off_from_the_worker_to_a_queued_inline_execute() {
    let (port, server) = start_server();
    let worker = Driver::new().expect("descriptors are left for a poller");
    let inline = Driver::inline(&worker).expect("descriptors are left for a poller");
    let slot = slot_of(port);

    submit(&worker, &slot);
    submit(&inline, &slot);
    assert_eq!(ends(&worker, 1, || worker.poll()), [true]);
    assert_eq!(ends(&inline, 1, || inline.poll_inline()), [false]);
    submit(&worker, &slot);
    assert_eq!(ends(&worker, 1, || worker.poll()), [true]);

    close(&slot);
    server.join().expect("the server saw what it expected");
}
