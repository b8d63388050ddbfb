//! The limit of the wire: sends ready-made commands over plain sockets and only counts the line
//! ends of the replies. It uses nothing of hansock.
//!
//! Usage: `wire PORT SECRET OPEN_INDEX COMMANDS CONNECTIONS`. `COMMANDS` is a file of whole
//! batches, separated by empty lines, which the connections send in turn. For each line on standard
//! input, a number of seconds, the program connects, measures for that time, and prints the result
//! as one line of JSON.

use std::fmt::Write as _;
use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SPACE: usize = 256 * 1024;

struct Batch {
    bytes: Vec<u8>,
    commands: usize,
}

struct Connection {
    stream: TcpStream,
    next: usize,
    sent: Instant,
}

#[derive(Default)]
struct Slice {
    replies: usize,
    bytes: usize,
    seconds: f64,
    cpu_microseconds: f64,
    /// The time of each batch in milliseconds, from its first byte sent to its last line end.
    latencies: Vec<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, secret, open_index, commands, connections] = &arguments[..] else {
        panic!("usage: wire PORT SECRET OPEN_INDEX COMMANDS CONNECTIONS");
    };
    let batches = read_batches(commands);
    let connections: usize = connections.parse().expect("CONNECTIONS is a number");
    for line in std::io::stdin().lock().lines() {
        let seconds: f64 = line.expect("a line").parse().expect("a number of seconds");
        let mut pool: Vec<Connection> =
            (0..connections).map(|n| Connection::open(port, secret, open_index, n * 7)).collect();
        check(&mut pool[0].stream, &batches[0]);
        println!("{}", measure(&mut pool, &batches, Duration::from_secs_f64(seconds)).to_json());
    }
}

fn read_batches(path: &str) -> Vec<Batch> {
    let text = std::fs::read_to_string(path).expect("COMMANDS can be read");
    let batches = text.split("\n\n").filter(|batch| !batch.is_empty());
    batches
        .map(|batch| Batch {
            bytes: format!("{}\n", batch.trim_end_matches('\n')).into_bytes(),
            commands: batch.lines().count(),
        })
        .collect()
}

/// Checks once, before measuring, that every command succeeds.
fn check(stream: &mut TcpStream, batch: &Batch) {
    stream.write_all(&batch.bytes).expect("the server takes the batch");
    let mut received = Vec::new();
    let mut space = vec![0; SPACE];
    while count_lines(&received) < batch.commands {
        let count = read(stream, &mut space);
        received.extend_from_slice(&space[..count]);
    }
    for reply in received.split_inclusive(|&byte| byte == b'\n') {
        let text = String::from_utf8_lossy(&reply[..reply.len().min(80)]);
        assert!(reply.starts_with(b"0\t"), "the server refused a command: {text}");
    }
}

fn measure(pool: &mut [Connection], batches: &[Batch], time: Duration) -> Slice {
    let mut space = vec![0; SPACE];
    let mut slice = Slice::default();
    let cpu_before = cpu_microseconds();
    let start = Instant::now();
    while start.elapsed() < time {
        for connection in &mut *pool {
            connection.send(batches);
        }
        for connection in &mut *pool {
            connection.receive(batches, &mut space, &mut slice);
        }
    }
    slice.seconds = start.elapsed().as_secs_f64();
    slice.cpu_microseconds = cpu_microseconds() - cpu_before;
    slice
}

impl Connection {
    fn open(port: &str, secret: &str, open_index: &str, next: usize) -> Self {
        let mut stream =
            TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
        stream.set_nodelay(true).expect("TCP_NODELAY can be set");
        let handshake = format!("A\t1\t{secret}\n{open_index}\n").into_bytes();
        check(&mut stream, &Batch { bytes: handshake, commands: 2 });
        Self { stream, next, sent: Instant::now() }
    }

    fn send(&mut self, batches: &[Batch]) {
        self.sent = Instant::now();
        let batch = &batches[self.next % batches.len()];
        self.stream.write_all(&batch.bytes).expect("the server takes the batch");
    }

    fn receive(&mut self, batches: &[Batch], space: &mut [u8], slice: &mut Slice) {
        let expected = batches[self.next % batches.len()].commands;
        let mut received = 0;
        while received < expected {
            let count = read(&mut self.stream, space);
            received += count_lines(&space[..count]);
            slice.bytes += count;
        }
        slice.replies += received;
        slice.latencies.push(self.sent.elapsed().as_secs_f64() * 1000.0);
        self.next += 1;
    }
}

fn read(stream: &mut TcpStream, space: &mut [u8]) -> usize {
    let count = stream.read(space).expect("the server answers");
    assert!(count > 0, "the server closed the connection");
    count
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

impl Slice {
    fn to_json(&self) -> String {
        let Self { replies, bytes, seconds, cpu_microseconds, latencies } = self;
        let mut milliseconds = String::new();
        for latency in latencies {
            let comma = if milliseconds.is_empty() { "" } else { "," };
            write!(milliseconds, "{comma}{latency:.4}").expect("a string takes all");
        }
        let peak = peak_memory();
        format!(
            "{{\"replies\":{replies},\"bytes\":{bytes},\"seconds\":{seconds},\"cpuMicroseconds\":{cpu_microseconds},\
             \"peakMemory\":{peak},\"latencies\":[{milliseconds}]}}"
        )
    }
}

/// The processor time of this process, which has one thread.
fn cpu_microseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells");
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.expect("a number") / 1000.0
}

/// In bytes.
fn peak_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).expect("the line VmHWM");
    let kibibytes = line.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok());
    kibibytes.expect("a number") * 1024
}
