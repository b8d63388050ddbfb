//! The limit of the wire: ready-made commands sent over plain sockets, and nothing done with the replies but counting
//! their line ends. No part of hansock is in it.
//!
//! `wire PORT SECRET OPEN_INDEX COMMANDS CONNECTIONS SECONDS`: `COMMANDS` is a file of whole batches, separated by an
//! empty line, which the connections send in turn. Prints the replies a second.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

struct Lane {
    stream: TcpStream,
    next: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, secret, open_index, commands, connections, seconds] = &arguments[..] else {
        panic!("usage: wire PORT SECRET OPEN_INDEX COMMANDS CONNECTIONS SECONDS");
    };
    let batches = read_batches(commands);
    let connections: usize = connections.parse().expect("CONNECTIONS is a number");
    let seconds: f64 = seconds.parse().expect("SECONDS is a number");
    let mut lanes: Vec<Lane> = (0..connections)
        .map(|lane| Lane { stream: open(port, secret, open_index), next: lane * 7 })
        .collect();

    let mut space = vec![0; 256 * 1024];
    let start = Instant::now();
    let mut replies = 0;
    while start.elapsed() < Duration::from_secs_f64(seconds) {
        for lane in &mut lanes {
            let (bytes, _) = &batches[lane.next % batches.len()];
            lane.stream.write_all(bytes).expect("the server takes the batch");
        }
        for lane in &mut lanes {
            let expected = batches[lane.next % batches.len()].1;
            replies += receive(&mut lane.stream, expected, &mut space);
            lane.next += 1;
        }
    }
    println!("{}", replies as f64 / start.elapsed().as_secs_f64());
}

fn read_batches(path: &str) -> Vec<(Vec<u8>, usize)> {
    let text = std::fs::read_to_string(path).expect("COMMANDS can be read");
    let batches = text.split("\n\n").filter(|batch| !batch.is_empty());
    batches.map(|batch| (format!("{batch}\n").into_bytes(), batch.lines().count())).collect()
}

fn open(port: &str, secret: &str, open_index: &str) -> TcpStream {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    stream.set_nodelay(true).expect("TCP_NODELAY can be set");
    write!(stream, "A\t1\t{secret}\n{open_index}\n").expect("the server takes the handshake");
    receive(&mut stream, 2, &mut [0; 64]);
    stream
}

fn receive(stream: &mut TcpStream, expected: usize, space: &mut [u8]) -> usize {
    let mut received = 0;
    while received < expected {
        let count = stream.read(space).expect("the server answers");
        assert!(count > 0, "the server closed the connection");
        received += space[..count].iter().filter(|&&byte| byte == b'\n').count();
    }
    received
}
