//! Consistent hashing, point for point as libketama (Richard Jones, last.fm, 2007: `ketama_create_continuum` and
//! `ketama_get_server` of its ketama.c) and libhansock compute it, so that data which they have spread is found.

use md5::{Digest, Md5};

/// Each digest of a server's name gives four points, and a server of average weight has 40 digests.
const DIGESTS_A_SERVER: f64 = 40.0;
const POINTS_A_DIGEST: usize = 4;

/// A ring under construction: the servers, in the order that gives them their ordinals.
#[derive(Clone, Debug, Default)]
pub struct Servers(Vec<Server>);

#[derive(Clone, Debug)]
struct Server {
    /// What is hashed: `host:port`.
    address: String,
    weight: u32,
}

/// The ring: which server a key belongs to.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    value: u32,
    ordinal: u32,
}

/// Why servers make no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContinuumError {
    /// None was added.
    #[error("a ring needs at least one server: call addServer first")]
    NoServers,
    /// No server has a weight above zero.
    #[error("a ring needs at least one server with a weight above 0")]
    NoWeight,
}

impl Servers {
    /// Adds a server. Its share of the keys is its weight's share of all weights.
    pub fn add(&mut self, host: &str, port: u16, weight: u32) -> &mut Self {
        self.0.push(Server { address: format!("{host}:{port}"), weight });
        self
    }

    /// Fixes the ring.
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
                points
                    .extend((0..POINTS_A_DIGEST).map(|n| Point { value: word(&hash, n), ordinal }));
            }
        }
        points.sort_unstable();
        Ok(Continuum { servers, points })
    }
}

impl Continuum {
    /// The ordinal of the server that the key belongs to: that of the first point at or after the key's hash, the ring
    /// being closed.
    pub fn server_ordinal(&self, key: &[u8]) -> usize {
        let point = self.points.get(self.first_point(key)).unwrap_or(&self.points[0]);
        point.ordinal as usize
    }

    /// The ordinals of all servers with points, in the order in which they follow the key on the ring: the one that it
    /// belongs to, then the one that it would belong to if that one were not there, and so on.
    pub fn server_ordinals(&self, key: &[u8]) -> Vec<usize> {
        let (before, after) = self.points.split_at(self.first_point(key));
        let mut is_seen = vec![false; self.servers.len()];
        let ordinals = after.iter().chain(before).map(|point| point.ordinal as usize);
        ordinals.filter(|&ordinal| !std::mem::replace(&mut is_seen[ordinal], true)).collect()
    }

    /// The first point at or after the key's hash: past the end if there is none.
    fn first_point(&self, key: &[u8]) -> usize {
        let hash = word(&Md5::digest(key), 0);
        self.points.partition_point(|point| point.value < hash)
    }

    /// `host:port` of a server; `None` if there is no such ordinal.
    pub fn server_address(&self, ordinal: usize) -> Option<&str> {
        self.servers.get(ordinal).map(|server| server.address.as_str())
    }

    /// How many points the ring has.
    pub fn point_count(&self) -> usize {
        self.points.len()
    }
}

/// How many digests a server gets, in libketama's mixture of `float` and `double`: the last bit decides whether a ring
/// of seven equal servers gives each of them 40 or 39.
fn digests(weight: u32, total: u64, servers: usize) -> u32 {
    let share = weight as f32 / total as f32;
    ((f64::from(share) * DIGESTS_A_SERVER * servers as f64) as f32).floor() as u32
}

/// The `n`th little-endian word of a digest.
fn word(digest: &[u8], n: usize) -> u32 {
    let bytes = digest[4 * n..4 * n + 4].try_into().expect("an MD5 digest has 16 bytes");
    u32::from_le_bytes(bytes)
}
