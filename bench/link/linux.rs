use std::collections::VecDeque;
use std::ffi::{c_int, c_long, c_short, c_ulong, c_void};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

const DEVICE: &str = "hansock0";
/// Long enough for bursts, so that no packet is dropped.
const QUEUE_LENGTH: u32 = 10_000;
/// The buffer for a packet, which is larger than the device's largest.
const SPACE: usize = 2048;

// Linux's constants, which are the same on every architecture that the benchmark runs on. rustc
// alone compiles this program, without any crate.
const CLONE_NEWNET: c_int = 0x4000_0000;
const O_NONBLOCK: c_int = 0o4000;
const TUNSETIFF: c_ulong = 0x4004_54ca;
const IFF_TUN: c_short = 0x0001;
const IFF_NO_PI: c_short = 0x1000;
const POLLIN: c_short = 0x0001;
const SCHED_FIFO: c_int = 1;
const PR_SET_TIMERSLACK: c_int = 29;

#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: c_short,
    rest: [u8; 22],
}

#[repr(C)]
struct PollFd {
    fd: RawFd,
    events: c_short,
    returned: c_short,
}

#[repr(C)]
struct TimeSpec {
    seconds: c_long,
    nanoseconds: c_long,
}

// SAFETY: these are the declarations of the C library, which std links.
unsafe extern "C" {
    fn unshare(flags: c_int) -> c_int;
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
    fn ppoll(
        fds: *mut PollFd,
        count: c_ulong,
        time: *const TimeSpec,
        signals: *const c_void,
    ) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn sched_setscheduler(pid: c_int, policy: c_int, priority: *const c_int) -> c_int;
}

/// One end of the link.
struct End {
    namespace: File,
    device: File,
    /// The packets on their way to the other end, with the times at which they are due there.
    packets: VecDeque<(Instant, Vec<u8>)>,
}

pub fn main() {
    let addresses: Vec<String> = std::env::args().skip(1).collect();
    let [one, other] = &addresses[..] else { panic!("usage: link ADDRESS ADDRESS") };
    be_on_time();
    let mut ends = [End::open(one), End::open(other)];
    let process = std::process::id();
    let [one, other] = ends.each_ref().map(|end| end.namespace.as_raw_fd());
    println!("/proc/{process}/fd/{one} /proc/{process}/fd/{other}");
    run(&mut ends);
}

/// Gives this thread priority and exact timers: a real wire neither waits for a core nor is late.
fn be_on_time() {
    let priority: c_int = 1;
    // SAFETY: the pointer is to an int, which is all that `struct sched_param` consists of. The
    // link is only less punctual if a call is refused.
    unsafe {
        sched_setscheduler(0, SCHED_FIFO, &raw const priority);
        prctl(PR_SET_TIMERSLACK, 1 as c_ulong);
    }
}

fn run(ends: &mut [End; 2]) {
    let mut delay = Duration::ZERO;
    let mut commands = std::io::stdin();
    let mut space = vec![0; SPACE];
    loop {
        for side in 0..2 {
            ends[side].take_in(delay, &mut space);
            let (end, other) = pair(ends, side);
            end.hand_over(other);
        }
        let next = ends.iter().filter_map(End::next_due).min();
        if wait(ends, next) {
            let count = commands.read(&mut space).expect("standard input can be read");
            if count == 0 {
                return;
            }
            delay = Duration::from_micros(last_number(&space[..count]));
            println!();
        }
    }
}

fn pair(ends: &mut [End; 2], side: usize) -> (&mut End, &mut End) {
    let [one, other] = ends;
    if side == 0 { (one, other) } else { (other, one) }
}

fn last_number(bytes: &[u8]) -> u64 {
    let text = std::str::from_utf8(bytes).expect("a line of digits");
    text.trim_end().lines().last().and_then(|line| line.parse().ok()).expect("a number")
}

impl End {
    /// Opens an end in a new network namespace. This thread is in that namespace afterwards, and so
    /// are the device and the programs that it starts.
    fn open(address: &str) -> Self {
        // SAFETY: the flag only moves this thread, which is the only one, to a new network
        // namespace.
        assert!(unsafe { unshare(CLONE_NEWNET) } == 0, "no network namespace: {}", last_error());
        let namespace = File::open("/proc/self/ns/net").expect("the namespace can be opened");
        let device = open_device();
        configure(&format!(
            "link set lo up\n\
             addr add {address}/30 dev {DEVICE}\n\
             link set {DEVICE} up txqueuelen {QUEUE_LENGTH}\n"
        ));
        Self { namespace, device, packets: VecDeque::new() }
    }

    fn take_in(&mut self, delay: Duration, space: &mut [u8]) {
        // An error mostly means that there are no more packets. A real wire loses some too.
        while let Ok(count @ 1..) = self.device.read(space) {
            self.packets.push_back((Instant::now() + delay, space[..count].to_vec()));
        }
    }

    fn hand_over(&mut self, other: &mut Self) {
        while self.next_due().is_some_and(|due| due <= Instant::now()) {
            let (_, packet) = self.packets.pop_front().expect("one is due");
            // A packet that the other end refuses is lost, as on a real wire.
            let _ = other.device.write(&packet);
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.packets.front().map(|(due, _)| *due)
    }
}

fn open_device() -> File {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(O_NONBLOCK)
        .open("/dev/net/tun")
        .expect("/dev/net/tun can be opened");
    let mut name = [0; 16];
    name[..DEVICE.len()].copy_from_slice(DEVICE.as_bytes());
    let request = InterfaceRequest { name, flags: IFF_TUN | IFF_NO_PI, rest: [0; 22] };
    // SAFETY: the request has the layout of `struct ifreq`, 40 bytes, and outlives the call.
    let result = unsafe { ioctl(device.as_raw_fd(), TUNSETIFF, &raw const request) };
    assert!(result == 0, "no TUN device: {}", last_error());
    device
}

/// Configures the network by iproute2.
fn configure(lines: &str) {
    let mut ip = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("ip can be started");
    let mut input = ip.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("ip reads its lines");
    drop(input);
    assert!(ip.wait().expect("it was started").success(), "ip refused\n{lines}");
}

/// Waits until a packet arrives, a packet is due, or standard input is readable. Returns whether it
/// is the latter.
fn wait(ends: &[End; 2], next: Option<Instant>) -> bool {
    let left = next.map(|due| {
        let left = due.saturating_duration_since(Instant::now());
        TimeSpec { seconds: left.as_secs() as c_long, nanoseconds: left.subsec_nanos().into() }
    });
    let fds = [0, ends[0].device.as_raw_fd(), ends[1].device.as_raw_fd()];
    let mut polled = fds.map(|fd| PollFd { fd, events: POLLIN, returned: 0 });
    let time = left.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both pointers are to values that live until the call returns, and no signal mask is
    // given.
    unsafe { ppoll(polled.as_mut_ptr(), polled.len() as c_ulong, time, ptr::null()) };
    polled[0].returned != 0
}

fn last_error() -> std::io::Error {
    std::io::Error::last_os_error()
}
