//! Consistent hashing with exactly the points of libketama (Richard Jones, last.fm, 2007:
//! `ketama_create_continuum` and `ketama_get_server` in ketama.c) and of libhansock, so that this
//! package finds the data that they have distributed.
//!
//! A ring is built once and then only read: [`Servers::add`] for each server,
//! [`Servers::into_continuum`], [`Continuum::server_ordinal`] for each key.
//!
//! ```text
//!         0 ──▶ 2^32 - 1, then 0 again
//!   ──●─────────●───x─────●───────●──
//!     B         A   │     B       C      points of the servers A, B and C
//!                   └────▶               a key belongs to the next point
//! ```

use md5::{Digest, Md5};

/// Each digest of a server's name gives four points, and a server of average weight has 40 digests.
const DIGESTS_PER_SERVER: f64 = 40.0;
const POINTS_PER_DIGEST: usize = 4;

/// The servers of a ring that is being built. Their order gives them their ordinals.
#[derive(Clone, Debug, Default)]
pub struct Servers(Vec<Server>);

/// A server of the ring. Its ordinal is its index.
#[derive(Clone, Debug)]
struct Server {
    /// The text that is hashed: `host:port`.
    address: String,
    weight: u32,
}

/// A ring, which maps each key to a server.
///
/// ```
/// use hansock::ketama::Servers;
///
/// let mut servers = Servers::default();
/// servers.add("10.0.0.1", 9998, 1).add("10.0.0.2", 9998, 1);
/// let continuum = servers.into_continuum().unwrap();
/// assert_eq!(continuum.server_address(continuum.server_ordinal(b"key-0")), Some("10.0.0.2:9998"));
/// ```
#[derive(Clone, Debug)]
pub struct Continuum {
    servers: Vec<Server>,
    /// In ascending order.
    points: Vec<Point>,
}

/// A server's point on the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    value: u32,
    ordinal: u32,
}

/// The reason why servers do not make a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContinuumError {
    /// There are no servers.
    #[error("a ring needs at least one server: call addServer first")]
    NoServers,
    /// No server has a weight above zero.
    #[error("a ring needs at least one server with a weight above 0")]
    NoWeight,
}

impl Servers {
    /// Adds a server. Its share of the keys is its share of the sum of all weights.
    pub fn add(&mut self, host: &str, port: u16, weight: u32) -> &mut Self {
        self.0.push(Server { address: format!("{host}:{port}"), weight });
        self
    }

    /// Builds the ring.
    pub fn into_continuum(self) -> Result<Continuum, ContinuumError> {
        let servers = self.0;
        if servers.is_empty() {
            return Err(ContinuumError::NoServers);
        }
        let total: u64 = servers.iter().map(|server| u64::from(server.weight)).sum();
        if total == 0 {
            return Err(ContinuumError::NoWeight);
        }
        let mut points = Vec::new();
        for (ordinal, server) in (0..).zip(&servers) {
            for digest in 0..digests(server.weight, total, servers.len()) {
                let hash = Md5::digest(format!("{}-{digest}", server.address));
                points.extend(
                    (0..POINTS_PER_DIGEST).map(|n| Point { value: word(&hash, n), ordinal }),
                );
            }
        }
        points.sort_unstable();
        Ok(Continuum { servers, points })
    }
}

impl Continuum {
    /// The ordinal of the server that the key belongs to: the server of the first point at or after
    /// the key's hash, from the start of the ring again if there is none.
    pub fn server_ordinal(&self, key: &[u8]) -> usize {
        let point = self.points.get(self.first_point(key)).unwrap_or(&self.points[0]);
        point.ordinal as usize
    }

    /// The ordinals of all servers that have points, in the order in which they follow the key on
    /// the ring. The first is the key's server, the next one takes its place if it is not
    /// available, and so on.
    pub fn server_ordinals(&self, key: &[u8]) -> Vec<usize> {
        let (before, after) = self.points.split_at(self.first_point(key));
        let mut is_seen = vec![false; self.servers.len()];
        let ordinals = after.iter().chain(before).map(|point| point.ordinal as usize);
        ordinals.filter(|&ordinal| !std::mem::replace(&mut is_seen[ordinal], true)).collect()
    }

    /// The index of the first point at or after the key's hash; the number of points if there is
    /// none.
    fn first_point(&self, key: &[u8]) -> usize {
        let hash = word(&Md5::digest(key), 0);
        self.points.partition_point(|point| point.value < hash)
    }

    /// The `host:port` of a server; `None` if there is no such ordinal.
    pub fn server_address(&self, ordinal: usize) -> Option<&str> {
        self.servers.get(ordinal).map(|server| server.address.as_str())
    }

    /// The number of points of the ring.
    pub fn point_count(&self) -> usize {
        self.points.len()
    }
}

/// The number of a server's digests. It mixes `float` and `double` as libketama does: the last bit
/// decides whether each of seven equal servers gets 40 digests or 39.
fn digests(weight: u32, total: u64, servers: usize) -> u32 {
    let share = weight as f32 / total as f32;
    ((f64::from(share) * DIGESTS_PER_SERVER * servers as f64) as f32).floor() as u32
}

/// The `n`th little-endian word of a digest.
fn word(digest: &[u8], n: usize) -> u32 {
    let bytes = digest[4 * n..4 * n + 4].try_into().expect("an MD5 digest has 16 bytes");
    u32::from_le_bytes(bytes)
}
