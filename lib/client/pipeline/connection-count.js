'use strict';

/*
 * The rule for `connections: 'auto'`: how many connections to an endpoint the calls are spread
 * over.
 *
 * One batch is in flight on a connection, so a call that finds every connection busy waits for the
 * rest of a round trip before its own begins. One more connection saves that wait, and makes
 * batches smaller: more packets and wake-ups, here and at the server, for the same calls.
 *
 * - Near (on the same machine, in the same rack), a round trip consists of the server's work and
 *   some wake-ups. Another connection saves little of that and costs processor time, which limits
 *   such a client. So there is one connection, with the next batch in line behind the one in
 *   flight.
 * - Far away, the wire's delay is most of a round trip and costs no processor time. So there are as
 *   many connections as calls need to find an idle one. Beyond eight, batches only become smaller.
 *
 * The kernel measures how long the wire takes (tcpi_min_rtt, the shortest time from a segment to
 * its acknowledgement). The client's own measurement would include the server's work and a busy
 * machine. Where the kernel does not tell, the server counts as near.
 */

const MAX_CONNECTIONS = 8;

/**
 * A server is far from this round trip on, in milliseconds. Between processes of one machine the
 * wire takes 0.002 to 0.02 ms, between machines of a rack 0.05 to 0.1 ms. A batch in line costs a
 * call no more than a wake-up does, 0.05 ms, so a few of these are not worth another connection.
 */
const FAR_MS = 0.15;

/**
 * @param {number | null} wireMs  a round trip without the server's work; null if unknown
 */
function connectionCount(wireMs) {
  return wireMs !== null && wireMs >= FAR_MS ? MAX_CONNECTIONS : 1;
}

module.exports = { MAX_CONNECTIONS, connectionCount };
