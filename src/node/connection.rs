//! The `Connection` class of the addon: a connection slot and its settings.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, ObjectFinalize, Result, Uint8Array};
use napi_derive::napi;

use super::panics::{contain, may_panic};
use super::type_error;
use crate::address::Address;
use crate::connection::{ConnectionState, Options};
use crate::driver::ConnectionSlot;
use crate::protocol::Batch;

/// The settings of a connection: either `address`, or `path`, or `host` and `port`.
#[napi(object)]
pub struct ConnectionSettings {
    pub address: Option<String>,
    pub path: Option<String>,
    pub host: String,
    pub port: u32,
    pub secret: Option<String>,
    /// The commands, as bytes of the protocol.
    pub handshake: Uint8Array,
    pub max_reply_bytes: f64,
    pub max_queued: u32,
    pub busy_poll_microseconds: u32,
}

/// A connection as JavaScript holds it.
#[napi(js_name = "Connection", custom_finalize)]
pub struct NodeConnection {
    pub(super) slot: Arc<ConnectionSlot>,
}

#[napi]
impl NodeConnection {
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, settings: ConnectionSettings) -> Result<Self> {
        may_panic("new Connection");
        let address = match (&settings.address, &settings.path) {
            (Some(address), _) => address.parse(),
            (None, Some(path)) => Address::unix(path),
            (None, None) => Address::tcp(&settings.host, settings.port),
        };
        let address = address.map_err(|error| type_error(&env, error))?;
        let handshake = Batch::from_bytes(settings.handshake.to_vec());
        let handshake = handshake.map_err(|error| type_error(&env, error))?;
        let secret = settings.secret.as_deref().map(str::as_bytes);
        let options = Options::new(secret, &handshake, settings.max_reply_bytes as usize);
        let options = options.map_err(|error| type_error(&env, error))?;
        let slot = ConnectionSlot::new(address, options, settings.max_queued as usize)
            .with_busy_poll(Duration::from_micros(settings.busy_poll_microseconds.into()));
        Ok(Self { slot: Arc::new(slot) })
    }

    #[napi(getter, catch_unwind)]
    pub fn address(&self) -> String {
        may_panic("Connection.address");
        self.slot.address().to_string()
    }

    #[napi(getter, catch_unwind)]
    pub fn state(&self) -> &'static str {
        may_panic("Connection.state");
        match self.slot.state() {
            ConnectionState::Closed => "closed",
            ConnectionState::Connecting => "connecting",
            ConnectionState::Connected => "connected",
            ConnectionState::Aborted => "aborted",
        }
    }

    #[napi(getter, catch_unwind)]
    pub fn generation(&self) -> u32 {
        may_panic("Connection.generation");
        self.slot.generation()
    }

    /// The shortest round trip that the system has measured, in milliseconds; null if it does not
    /// tell.
    #[napi(getter, catch_unwind)]
    pub fn round_trip_ms(&self) -> Option<f64> {
        may_panic("Connection.roundTripMs");
        self.slot.round_trip().map(|round_trip| round_trip.as_secs_f64() * 1000.0)
    }
}

impl ObjectFinalize for NodeConnection {
    fn finalize(self, _: Env) -> Result<()> {
        contain(move || {
            may_panic("Connection finalizer");
            drop(self.slot);
        });
        Ok(())
    }
}
