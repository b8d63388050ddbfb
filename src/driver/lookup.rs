//! Name look-ups, each on a thread of its own, because the system's resolver blocks and cannot be
//! cancelled.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::thread;

use super::PairKey;
use crate::resolver::resolve;

/// The pairs that wait for each name. A name that several pairs wait for is looked up once.
#[derive(Default)]
pub(super) struct Lookups {
    waiting: HashMap<String, Vec<PairKey>>,
}

impl Lookups {
    /// Looks up `host` for `pair`, and calls `report` on another thread at the end.
    pub fn begin<F>(&mut self, host: &str, pair: PairKey, report: F) -> io::Result<()>
    where
        F: FnOnce(String, io::Result<Vec<IpAddr>>) + Send + 'static,
    {
        if let Some(waiting) = self.waiting.get_mut(host) {
            waiting.push(pair);
            return Ok(());
        }
        let name = host.to_owned();
        thread::Builder::new().name("hansock-lookup".to_owned()).spawn(move || {
            let found = resolve(&name);
            report(name, found);
        })?;
        self.waiting.insert(host.to_owned(), vec![pair]);
        Ok(())
    }

    /// Removes and returns the pairs that waited for `host`.
    pub fn end(&mut self, host: &str) -> Vec<PairKey> {
        self.waiting.remove(host).unwrap_or_default()
    }
}
