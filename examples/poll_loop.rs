//! Two HandlerSocket servers, driven from the program's own event loop.
//!
//! hansock's state machines never wait: they say what they wait for, and are told when it has
//! happened. This program owns the poll and the clock, as a game loop, a proxy or an async runtime
//! would. It finds one row on both servers at the same time, within one deadline:
//!
//! ```sh
//! cargo run --example poll_loop -- \
//!     127.0.0.1:9998 127.0.0.1:9999 SECRET shop item PRIMARY id,name 42
//! ```
//!
//! `SECRET` may be two secrets, separated by a comma, or empty if the servers want none.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use hansock::address::Address;
use hansock::connection::{
    Awaited, Completion, Connection, DEFAULT_MAX_REPLY_BYTES, Event, NetworkSocket, Options,
};
use hansock::error::Outcome;
use hansock::executor::Executor;
use hansock::protocol::{Batch, BatchWriter};
use hansock::resolver::resolve;
use polling::{Event as Readiness, Events, Poller};

/// The time in which both servers have to reply.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The result of a look-up: the pair that waits for it, and the addresses.
type Found = (usize, io::Result<Vec<IpAddr>>);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, second, secrets, database, table, index, columns, key] = &arguments[..] else {
        eprintln!("usage: poll_loop HOST:PORT HOST:PORT SECRETS DATABASE TABLE INDEX COLUMNS KEY");
        return ExitCode::FAILURE;
    };
    let open = [database, table, index, columns].map(String::as_bytes);
    let secrets = secrets.split_once(',').unwrap_or((secrets, secrets));
    let servers = [(first, secrets.0), (second, secrets.1)];
    match find_on_all(&servers, open, key.as_bytes()) {
        Ok(completions) => {
            for ((address, _), completion) in servers.iter().zip(&completions) {
                print(address, completion);
            }
            let has_failed = completions.iter().any(|completion| completion.failure.is_some());
            if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn find_on_all(
    servers: &[(&String, &str)],
    open: [&[u8]; 4],
    key: &[u8],
) -> Result<Vec<Completion>, Box<dyn Error>> {
    // The handshake opens the index as number 1. Each connect sends it in one write with the first
    // batch, and its replies are not part of the batch's.
    let handshake = open_index(open)?;
    let batch = find(key)?;

    // An executor runs pairs of a connection and a batch within one deadline. It returns the
    // connections at the end, and a longer program would keep them for its next execute.
    let mut executor = Executor::new(Instant::now() + TIMEOUT);
    for (address, secret) in servers {
        let address: Address = address.parse()?;
        let secret = (!secret.is_empty()).then_some(secret.as_bytes());
        let options = Options::new(secret, &handshake, DEFAULT_MAX_REPLY_BYTES)?;
        executor.add(Some(Connection::new(address, Arc::new(options))), batch.clone());
    }
    run(&mut executor)?;
    Ok(executor.finish().map(|(_connection, completion)| completion).collect())
}

/// The event loop. It needs five calls of the executor: `start`, `wait`, `until`, `resume` and
/// `expire`.
fn run(executor: &mut Executor) -> io::Result<()> {
    let poller = Arc::new(Poller::new()?);
    let mut events = Events::new();
    let (sender, lookups) = mpsc::channel();
    let mut looked_up = vec![false; executor.len()];

    executor.start(Instant::now());
    while !executor.is_done() {
        let watched = watch(executor, &poller, &sender, &mut looked_up)?;
        // The poll must not last longer than `until`, which is how deadlines are kept.
        let until = executor.until().expect("a pair that is not done has a deadline");
        events.clear();
        let polled = poller.wait_deadline(&mut events, until);
        forget(&poller, &watched);
        polled?;

        let now = Instant::now();
        for event in events.iter() {
            executor.resume(event.key, Event::Ready, now);
        }
        report_lookups(executor, &lookups, now);
        // Report the time. Calling this early is harmless.
        executor.expire(now);
    }
    Ok(())
}

/// Registers what every pair waits for now. The sockets change while a connection races for one of
/// several addresses, so this loop registers them each time. A loop for thousands of sockets would
/// remember them.
fn watch(
    executor: &Executor,
    poller: &Arc<Poller>,
    sender: &Sender<Found>,
    looked_up: &mut [bool],
) -> io::Result<Vec<Arc<NetworkSocket>>> {
    let mut watched = Vec::new();
    for (pair, looked_up) in looked_up.iter_mut().enumerate() {
        let (Some(wait), Some(connection)) = (executor.wait(pair), executor.connection(pair))
        else {
            continue;
        };
        match wait.awaited {
            Awaited::Sockets { readable, writable } => {
                // All sockets of a pair have its index as their key, because it need not be known
                // which one is ready.
                let interest = Readiness::new(pair, readable, writable);
                for socket in connection.sockets() {
                    // SAFETY: a socket must be deleted from the poller before it is closed.
                    // `watched` shares the socket, and `forget` deletes it from the poller before
                    // `watched` is dropped.
                    unsafe { poller.add(&**socket, interest)? };
                    watched.push(Arc::clone(socket));
                }
            }
            Awaited::Lookup if !*looked_up => {
                let host = connection.host().expect("only a host is looked up");
                *looked_up = true;
                look_up(host, pair, sender.clone(), Arc::clone(poller));
            }
            Awaited::Lookup => {}
        }
    }
    Ok(watched)
}

fn forget(poller: &Poller, watched: &[Arc<NetworkSocket>]) {
    for socket in watched {
        // This fails only for a socket that the poller does not know.
        let _ = poller.delete(&**socket);
    }
}

/// Looks up a name on another thread, because the system's resolver blocks. Nothing waits for that
/// thread: if the deadline comes first, its result is dropped.
fn look_up(host: &str, pair: usize, sender: Sender<Found>, poller: Arc<Poller>) {
    let host = host.to_owned();
    thread::spawn(move || {
        if sender.send((pair, resolve(&host))).is_ok() {
            // Wake the poll. If that fails, the poll wakes by itself at the deadline.
            let _ = poller.notify();
        }
    });
}

fn report_lookups(executor: &mut Executor, lookups: &Receiver<Found>, now: Instant) {
    for (pair, found) in lookups.try_iter() {
        executor.resume(pair, Event::Resolved(found), now);
    }
}

fn open_index([database, table, index, columns]: [&[u8]; 4]) -> Result<Batch, Box<dyn Error>> {
    let mut writer = BatchWriter::default();
    writer.token(b"P").decimal(1).token(database).token(table).token(index).token(columns).end();
    Ok(writer.finish()?)
}

fn find(key: &[u8]) -> Result<Batch, Box<dyn Error>> {
    let mut writer = BatchWriter::default();
    writer.decimal(1).token(b"=").decimal(1).token(key).end();
    Ok(writer.finish()?)
}

fn print(address: &str, completion: &Completion) {
    println!("{address}");
    // A failed batch keeps the replies that came before its failure.
    for segment in &completion.segments {
        for reply in segment.bytes().split_inclusive(|&byte| byte == b'\n') {
            println!("  {}", reply.trim_ascii_end().escape_ascii());
        }
    }
    if let Some(failure) = &completion.failure {
        let hint = match failure.outcome {
            Outcome::NotSent => "it can be repeated",
            Outcome::Unknown => "the server may have executed it",
        };
        println!("  {}: {} ({hint})", failure.error.code(), failure.error);
    }
}
