'use strict';

/*
 * npm run demo: two throwaway MariaDB servers, 100,000 rows spread over them by a Ketama ring, and
 * 1,000 of those rows read back from both: in one execute, and in one call of a ShardedClient. It
 * checks what it shows: where anything is not as it should be, it ends with exit status 1.
 */

const assert = require('node:assert/strict');
const { Batch, Connection, Executor, Ketama } = require('hansock');
const { startServer } = require('hansock/testing');
const { useAsOne } = require('./demo-sharded.js');
const { count, print, rate, seconds, title } = require('./demo-output.js');
const { CREATE_TABLE, PERSON, keyOf, person, personAsText, points } = require('./people.js');

const ROWS = 100_000;
const ROWS_A_BATCH = 2_500;
const RANDOM_ROWS = 1_000;
const SHOWN_ROWS = 4;
const TIMED_SECONDS = 2;

/** @typedef {{ servers: import('hansock/testing').TestServer[], ring: Ketama }} Cluster */

async function demo() {
  const start = performance.now();
  const servers = await Promise.all([
    startServer({ sql: CREATE_TABLE }),
    startServer({ sql: CREATE_TABLE }),
  ]);
  try {
    title(`Two MariaDB servers, started in ${seconds(performance.now() - start)}`);
    for (const { host, port, writePort, pid } of servers) {
      print(`${host}:${port} for reads, port ${writePort} for writes, process ${pid}`);
    }
    const cluster = { servers, ring: new Ketama(servers).createContinuum() };
    await load(cluster);
    await findOne(cluster);
    await findMany(cluster);
    await timeFinds(cluster);
    await useAsOne(servers, randomIds(RANDOM_ROWS));
    await compareWithSql(cluster);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  title('Everything was as it should be. Both servers are stopped, and nothing is left of them.');
}

/**
 * Each row goes to the server that the ring names for it; both servers take theirs at once.
 * @param {Cluster} cluster
 */
async function load(cluster) {
  title(`Loading ${count(ROWS)} rows, up to ${count(ROWS_A_BATCH)} a batch and server`);
  const connections = cluster.servers.map(
    ({ host, writePort, writeSecret }) =>
      new Connection({
        host,
        port: writePort,
        secret: writeSecret,
        handshake: new Batch().openIndex(0, PERSON),
      }),
  );
  const idsByServer = split(allIds(), cluster);
  const start = performance.now();
  for (let from = 0; idsByServer.some((ids) => from < ids.length); from += ROWS_A_BATCH) {
    const executor = new Executor();
    for (const [ordinal, ids] of idsByServer.entries()) {
      const batch = new Batch();
      for (const id of ids.slice(from, from + ROWS_A_BATCH)) batch.insert(0, person(id));
      executor.add(connections[ordinal], batch);
    }
    for (const replies of await executor.execute()) {
      for (const reply of replies) if (!reply.ok) throw reply.error;
    }
  }
  print(`${rate(ROWS, performance.now() - start)} (throwaway servers: none waits for its disk)`);
  closeAll(connections);
}

/**
 * What libhansock's own example does: open an index, find one row, print the replies.
 * @param {Cluster} cluster
 */
async function findOne({ servers, ring }) {
  const id = 4_711;
  const { host, port, secret } = servers[ring.getServerOrdinal(keyOf(id))];
  title(`Opening an index and finding one row: ${keyOf(id)}, which is on ${host}:${port}`);

  const connection = new Connection({ host, port, secret });
  const batch = new Batch().openIndex(0, PERSON).find(0, '=', [id]);
  const [[opened, found]] = await new Executor().add(connection, batch).execute();
  connection.close();

  console.log(opened);
  console.log(found);
  assert.deepEqual(found.rows, [personAsText(id)]);
}

/**
 * A thousand finds on two servers, in one execute.
 * @param {Cluster} cluster
 */
async function findMany(cluster) {
  title(`Finding ${count(RANDOM_ROWS)} random rows on both servers, in one execute`);
  const connections = cluster.servers.map(reader);
  const idsByServer = split(randomIds(RANDOM_ROWS), cluster);
  const executor = new Executor();
  for (const [ordinal, ids] of idsByServer.entries()) {
    executor.add(connections[ordinal], findAll(ids));
  }
  const start = performance.now();
  const repliesByServer = await executor.execute();
  const elapsed = performance.now() - start;

  for (const [ordinal, replies] of repliesByServer.entries()) {
    print(`${connections[ordinal].address}: ${count(replies.length)} replies, such as`);
    for (const [i, reply] of replies.entries()) {
      if (i < SHOWN_ROWS) print(`  ${reply.values.join('  ')}`);
      assert.deepEqual(reply.rows, [personAsText(idsByServer[ordinal][i])]);
    }
  }
  print(`All of them in ${elapsed.toFixed(1)} ms, two connects included`);
  closeAll(connections);
}

/**
 * The same for a while, for a figure that means something; and a row at a time, to compare with.
 * @param {Cluster} cluster
 */
async function timeFinds(cluster) {
  title('Finding random rows, one execute after the other, each row looked at');
  const connections = cluster.servers.map(reader);
  for (const size of [RANDOM_ROWS, 1]) {
    let rows = 0;
    const start = performance.now();
    while (performance.now() - start < 1000 * TIMED_SECONDS) {
      const asked = [...split(randomIds(size), cluster).entries()].filter(
        ([, ids]) => ids.length > 0,
      );
      const executor = new Executor();
      for (const [ordinal, ids] of asked) executor.add(connections[ordinal], findAll(ids));
      for (const [i, replies] of (await executor.execute()).entries()) {
        const [, ids] = asked[i];
        for (const [j, { values }] of replies.entries()) assert.equal(Number(values[0]), ids[j]);
        rows += replies.length;
      }
    }
    print(`${count(size).padStart(5)} an execute: ${rate(rows, performance.now() - start)}`);
  }
  closeAll(connections);
}

/**
 * SQL sees the same rows, each on the server that the ring says.
 * @param {Cluster} cluster
 */
async function compareWithSql(cluster) {
  const { servers, ring } = cluster;
  title(`What SQL counts on each server; an even ring would have ${100 / servers.length} % there`);
  for (const [ordinal, ids] of split(allIds(), cluster).entries()) {
    const [[rows, sum]] = await servers[ordinal].sql(
      'SELECT COUNT(*), SUM(id * points) FROM demo.person',
    );
    print(
      `${ring.getServerAddress(ordinal)}: ${count(Number(rows))} rows, ` +
        `${((100 * Number(rows)) / ROWS).toFixed(1)} % (${count(ids.length)} by the ring)`,
    );
    assert.equal(Number(rows), ids.length);
    assert.equal(
      Number(sum),
      ids.reduce((total, id) => total + id * points(id), 0),
    );
  }
}

/** @param {import('hansock/testing').TestServer} server */
function reader({ host, port, secret }) {
  return new Connection({ host, port, secret, handshake: new Batch().openIndex(0, PERSON) });
}

/** @param {Connection[]} connections */
function closeAll(connections) {
  for (const connection of connections) connection.close();
}

/** @param {number[]} ids */
function findAll(ids) {
  const batch = new Batch();
  for (const id of ids) batch.find(0, '=', [id]);
  return batch;
}

/**
 * @param {number[]} ids
 * @param {Cluster} cluster
 * @returns {number[][]} for each server those that are on it
 */
function split(ids, { servers, ring }) {
  /** @type {number[][]} */
  const idsByServer = servers.map(() => []);
  for (const id of ids) idsByServer[ring.getServerOrdinal(keyOf(id))].push(id);
  return idsByServer;
}

function allIds() {
  return Array.from({ length: ROWS }, (_, i) => i + 1);
}

/** @param {number} length */
function randomIds(length) {
  return Array.from({ length }, () => 1 + Math.floor(Math.random() * ROWS));
}

demo().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
