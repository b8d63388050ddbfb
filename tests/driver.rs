//! The driver on real sockets: what each kind of stint does.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hansock::address::Address;
use hansock::connection::{DEFAULT_MAX_REPLY_BYTES, Options};
use hansock::driver::{Driver, Finished, Handle, Loan, new_execute_id};
use hansock::executor::Executor;
use hansock::protocol::Batch;

const PATIENCE: Duration = Duration::from_secs(10);

/// A handle of a server by its name, for which one batch may wait in line.
fn handle_of(port: u16) -> Arc<Handle> {
    let address = Address::tcp("localhost", u32::from(port)).expect("a host and a port");
    let options = Options::new(None, &Batch::default(), DEFAULT_MAX_REPLY_BYTES);
    Arc::new(Handle::new(address, options.expect("there is no secret"), 1))
}

/// Submits a batch of one command, as the addon does.
fn submit(driver: &Driver, handle: &Arc<Handle>) {
    let id = new_execute_id();
    let batch = Batch::from_bytes(b"x\n".to_vec()).expect("a whole command");
    let mut executor = Executor::new(Instant::now() + PATIENCE);
    match handle.lend((id, 0), true) {
        Loan::Connection(connection) => executor.add(Some(connection), batch),
        Loan::Turn => executor.add_waiting(batch),
        Loan::Refused => panic!("one may wait"),
    };
    executor.start_connected(Instant::now());
    driver.submit(id, executor, vec![Arc::clone(handle)]);
}

/// How the executes ended, in the order of their ends: whether without a failure.
fn succeeded(finished: Vec<Finished>) -> Vec<bool> {
    finished.iter().map(|finished| finished.completions[0].failure.is_none()).collect()
}

/// Answers one command of the first connection, closes it at the next one, and answers all of the second.
fn serve(listener: &TcpListener) {
    let (stream, _) = listener.accept().expect("the first connection");
    let mut lines = BufReader::new(&stream);
    lines.read_line(&mut String::new()).expect("the first command");
    (&stream).write_all(b"0\t1\n").expect("the first reply");
    lines.read_line(&mut String::new()).expect("the second command");
    drop(stream);
    let (stream, _) = listener.accept().expect("the second connection");
    for _ in BufReader::new(&stream).lines() {
        (&stream).write_all(b"0\t1\n").expect("a reply");
    }
}

#[test]
fn tries_alone_look_up_a_name_and_connect_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = thread::spawn(move || serve(&listener));
    let driver = Driver::new().expect("a poller");
    let handle = handle_of(port);

    submit(&driver, &handle);
    assert!(!driver.run_now(), "it has to be connected first");
    while !driver.run(|| {}) {}
    assert_eq!(succeeded(driver.take_finished()), [true]);

    submit(&driver, &handle);
    submit(&driver, &handle);
    let mut ended = Vec::new();
    while ended.len() < 2 {
        assert!(driver.run_now(), "nothing new has to be connected");
        ended.extend(succeeded(driver.take_finished()));
        thread::yield_now();
    }
    assert_eq!(ended, [false, true]);

    for (id, pair) in handle.close() {
        driver.close(id, pair);
    }
    server.join().expect("the server saw what it expected");
}
