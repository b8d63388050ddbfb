'use strict';

/*
 * How many connections of an endpoint calls are spread over, where the client finds it out by itself.
 *
 * One batch is in flight on a connection, so a call that finds every connection busy waits for the
 * rest of a round trip before its own begins. What a further connection saves is that wait. What it
 * costs is smaller batches: more packets and wake-ups, here and at the server, for the same calls.
 *
 * - Near by (on the same machine, in the same rack) a round trip is the server's work and some
 *   wake-ups. Another connection saves little of that and costs processor time, which is what limits
 *   such a client: one connection, with the next batch in line behind the one in flight.
 * - Far away the wire's delay is most of a round trip and costs nobody anything: as many connections
 *   as are needed for a call to find an idle one. With more than eight, batches only become smaller.
 *
 * How long the wire takes is what the kernel has measured (tcpi_min_rtt, the shortest time from a
 * segment to its acknowledgement): neither the server's work nor a busy machine is in it, as they
 * are in what the client itself could measure. Where the kernel does not tell, the server is near.
 */

/** How many there are at most. */
const MAX_CONNECTIONS = 8;

/**
 * From this on a server is far, in milliseconds. Between processes of one machine the wire takes
 * 0.002 to 0.02 ms, between machines of a rack 0.05 to 0.1 ms. A batch in line costs a call no more
 * than a wake-up does, 0.05 ms: a few of these are not worth another connection.
 */
const FAR_MS = 0.15;

/**
 * @param {number | null} wireMs  a round trip without the server's work; null if nobody knows
 */
function connectionCount(wireMs) {
  return wireMs !== null && wireMs >= FAR_MS ? MAX_CONNECTIONS : 1;
}

module.exports = { MAX_CONNECTIONS, connectionCount };
