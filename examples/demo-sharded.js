'use strict';

/* The demo's part in which the servers are used as one, through a ShardedClient. */

const assert = require('node:assert/strict');
const { ShardedClient } = require('hansock');
const { count, print, title } = require('./demo-output.js');
const { PERSON, keyOf, person } = require('./people.js');

const SHOWN_ROWS = 6;

/**
 * @param {import('hansock/testing').TestServer[]} servers
 * @param {number[]} ids  to find
 */
async function useAsOne(servers, ids) {
  title(
    `The same servers through a ShardedClient: ${count(ids.length)} random rows in one getMany`,
  );
  const cluster = new ShardedClient({
    servers: servers.map(({ host, port, writePort, secret, writeSecret }) => {
      return { host, port, writePort, secret, writeSecret };
    }),
  });
  try {
    const people = cluster.openIndex({
      ...PERSON,
      types: { id: 'number', points: 'number' },
      shardBy: ['id'],
      // What the ring was asked for when the rows were laid out.
      shardKey: ([id]) => keyOf(Number(id)),
    });

    const start = performance.now();
    const rows = await people.getMany(ids);
    const elapsed = performance.now() - start;
    for (const [i, id] of ids.entries()) assert.deepEqual(row(rows[i]), person(id));
    /** @type {Map<string, number>} */
    const asked = new Map();
    for (const id of ids) {
      const address = cluster.getServer(keyOf(id));
      asked.set(address, (asked.get(address) ?? 0) + 1);
    }
    for (const { address, primary } of cluster.stats()) {
      const finds = asked.get(address) ?? 0;
      print(`${address}: ${count(finds)} finds, round trips: ${count(primary.batches)}`);
      // One more command opened the index.
      assert.equal(primary.commands - 1, finds);
    }
    print(
      `All of them in the order of the keys in ${elapsed.toFixed(1)} ms, two connects included`,
    );

    title(`The first ${SHOWN_ROWS} rows of both servers, merged by a scan`);
    let next = 1;
    const scanned = people.scan('>=', 1, { limit: SHOWN_ROWS, servers: 'all' });
    for await (const found of scanned) {
      assert.deepEqual(row(found), person(next));
      print(`${row(found).join('  ')}  from ${cluster.getServer(keyOf(next))}`);
      next++;
    }
    assert.equal(next - 1, SHOWN_ROWS);
  } finally {
    await cluster.close();
  }
}

/** Its values in the order of the columns. @param {object | null} found */
function row(found) {
  return Object.values(found ?? {});
}

module.exports = { useAsOne };
