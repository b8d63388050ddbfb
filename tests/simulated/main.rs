//! The state machines against a simulated peer on virtual time.

mod authorisation;
mod backpressure;
mod closing;
mod connecting;
mod deadlines;
mod exchange;
mod faults;
mod idle;
mod pairs;
mod racing;
mod random;
mod support;
mod violations;
