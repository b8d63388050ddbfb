//! A network with a delay: two network namespaces with a TUN device each. This program passes every
//! packet on to the other namespace after a delay.
//!
//! Usage, as root on Linux: `link ADDRESS ADDRESS`. It prints `/proc/…/fd/…` of both namespaces in
//! one line, for `nsenter --net=…`. After that each line on standard input sets the delay of one
//! direction in microseconds and is answered with an empty line. The program ends with its standard
//! input. The namespaces have no names, so they end with the last process in them.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
use linux::main;

#[cfg(not(target_os = "linux"))]
fn main() {
    panic!("only Linux has network namespaces");
}
