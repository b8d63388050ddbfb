//! A network that takes its time: two network namespaces of its own, joined by a TUN device in each, and every packet
//! handed on to the other side after a delay.
//!
//! `link ADDRESS ADDRESS`, as root on Linux: prints `/proc/…/fd/…` of both namespaces in one line, for `nsenter --net=…`.
//! Then each line on its standard input is the delay from now on, one way, in microseconds; it answers each with an empty
//! line. It ends with its standard input. The namespaces have no name, so that they end with the last process in them:
//! nothing is left behind.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
use linux::main;

#[cfg(not(target_os = "linux"))]
fn main() {
    panic!("only Linux has network namespaces");
}
