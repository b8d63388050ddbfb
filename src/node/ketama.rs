//! The `Continuum` class of the addon. `lib/core/ketama.js` builds and uses it.

use napi::bindgen_prelude::{Either, Env, ObjectFinalize, Result, Uint8Array};
use napi_derive::napi;

use super::panics::{contain, may_panic};
use super::type_error;
use crate::ketama::{Continuum, Servers};

/// A ring, which maps each key to a server.
#[napi(js_name = "Continuum", custom_finalize)]
pub struct NodeContinuum(Continuum);

/// A server of the ring.
#[napi(object)]
pub struct RingServer {
    pub host: String,
    pub port: u16,
    pub weight: u32,
}

#[napi]
impl NodeContinuum {
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, servers: Vec<RingServer>) -> Result<Self> {
        may_panic("new Continuum");
        let mut ring = Servers::default();
        for server in servers {
            ring.add(&server.host, server.port, server.weight);
        }
        ring.into_continuum().map(Self).map_err(|error| type_error(&env, error))
    }

    #[napi(catch_unwind)]
    pub fn get_server_ordinal(&self, key: Either<String, Uint8Array>) -> u32 {
        may_panic("Continuum.getServerOrdinal");
        self.0.server_ordinal(as_bytes(&key)) as u32
    }

    #[napi(catch_unwind)]
    pub fn get_server_ordinals(&self, key: Either<String, Uint8Array>) -> Vec<u32> {
        may_panic("Continuum.getServerOrdinals");
        let ordinals = self.0.server_ordinals(as_bytes(&key));
        ordinals.into_iter().map(|ordinal| ordinal as u32).collect()
    }

    #[napi(getter, catch_unwind)]
    pub fn point_count(&self) -> u32 {
        may_panic("Continuum.pointCount");
        self.0.point_count() as u32
    }
}

impl ObjectFinalize for NodeContinuum {
    fn finalize(self, _: Env) -> Result<()> {
        contain(move || {
            may_panic("Continuum finalizer");
            drop(self.0);
        });
        Ok(())
    }
}

fn as_bytes(key: &Either<String, Uint8Array>) -> &[u8] {
    match key {
        Either::A(text) => text.as_bytes(),
        Either::B(bytes) => bytes,
    }
}
