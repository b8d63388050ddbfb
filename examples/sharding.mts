/*
 * A table that outgrows its server: a second one joins, the rows that now belong there are moved, and both are used as
 * one. Then the second goes down, and comes back.
 */

import { FanOutError, Ketama, ShardedClient } from 'hansock';
import { startServer, type TestServer } from 'hansock/testing';

const ROWS = 5_000;
const KEYS_A_CALL = 1_000;

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.user (id INT PRIMARY KEY, name VARCHAR(50)) CHARACTER SET utf8mb4`;

function openCluster(servers: TestServer[]) {
  return new ShardedClient({
    servers: servers.map(({ host, port, writePort, secret }) => {
      return { host, port, writePort, secret };
    }),
  });
}

function openUsers(cluster: ShardedClient) {
  return cluster.openIndex({
    database: 'shop',
    table: 'user',
    columns: ['id', 'name'],
    types: { id: 'number' },
    shardBy: ['id'],
  });
}

type Users = ReturnType<typeof openUsers>;

/** The ids of the rows that are on another server when `next` takes the place of `ring`. */
async function idsToMove(users: Users, ring: Ketama, next: Ketama) {
  const ids: string[] = [];
  for await (const { id } of users.scan('>=', 0, { servers: 'all' })) ids.push(String(id));
  return ring.moved(next, ids).map(({ key }) => Number(key));
}

/** Nobody may write the table meanwhile. */
async function copyRows(source: Users, destination: Users, ids: number[]) {
  for (const some of chunks(ids)) {
    const found = await source.getMany(some);
    const results = await destination.insertMany(found.filter((row) => row !== null));
    for (const result of results) {
      // 121: an earlier run has copied it.
      if (result.status === 'rejected' && result.reason.code !== 'ERR_HS_DUPLICATE_KEY') {
        throw result.reason;
      }
    }
  }
}

/** What has arrived is deleted where it came from. */
async function deleteCopied(source: Users, destination: Users, ids: number[]) {
  for (const some of chunks(ids)) {
    const copies = await destination.getMany(some);
    const arrived = some.filter((_, i) => copies[i] !== null);
    await Promise.all(arrived.map((id) => source.delete('=', id)));
  }
}

function chunks(ids: number[]) {
  return Array.from({ length: Math.ceil(ids.length / KEYS_A_CALL) }, (_, i) => {
    return ids.slice(i * KEYS_A_CALL, (i + 1) * KEYS_A_CALL);
  });
}

async function readInSpiteOfFailures(users: Users, ids: number[]) {
  try {
    return await users.getMany(ids);
  } catch (error) {
    if (!(error instanceof FanOutError)) throw error;
    for (const { positions, error: reason } of error.failures) {
      console.log(`a server is down: ${reason.code}, it had ${positions.length} of the keys`);
    }
    return error.rows;
  }
}

async function countRows(servers: TestServer[]) {
  const counted = servers.map((server) => server.sql('SELECT COUNT(*) FROM shop.user'));
  return (await Promise.all(counted)).map(([[rows]]) => Number(rows));
}

function check(isTrue: boolean, what: string) {
  if (!isTrue) throw new Error(`not so: ${what}`);
}

async function main() {
  const servers = await Promise.all([
    startServer({ sql: CREATE_TABLE }),
    startServer({ sql: CREATE_TABLE }),
  ]);
  const [first, second] = servers;
  const small = openCluster([first]);
  const large = openCluster(servers);
  try {
    const source = openUsers(small);
    const users = openUsers(large);
    const ids = Array.from({ length: ROWS }, (_, i) => i + 1);
    await source.insertMany(ids.map((id) => ({ id, name: `User ${id}` })));
    console.log(`one server: ${(await countRows([first]))[0]} rows`);

    const ring = new Ketama([first]).createContinuum();
    const next = new Ketama(servers).createContinuum();
    const moved = await idsToMove(source, ring, next);
    await copyRows(source, users, moved);
    // Here all programs change over to the new list of servers.
    await deleteCopied(source, users, moved);
    const [left, arrived] = await countRows(servers);
    console.log(`two servers: ${left} and ${arrived} rows, ${moved.length} were moved`);
    check(left + arrived === ROWS && arrived === moved.length, 'each row is on one server');

    const rows = await users.getMany(ids);
    check(
      rows.every((row, i) => row?.id === ids[i]),
      'each row is found where the ring says',
    );
    console.log(`getMany: ${rows.length} rows of both in one call`);

    let last = 0;
    for await (const { id } of users.scan('>=', 1, { pageSize: 100, servers: 'all' })) {
      check(id === last + 1, 'a scan of all servers is in order');
      last = Number(id);
    }
    console.log(`scan: ${last} rows of both in order`);

    await second.kill();
    const some = (await readInSpiteOfFailures(users, ids)).filter((row) => row !== undefined);
    check(some.length === left, 'the rows of the other server are there');
    console.log(`and the other one gave its ${some.length} rows`);

    await second.start();
    const all = await users.getMany(ids);
    check(!all.includes(null), 'all rows are there again');
    console.log(`it is back: ${all.length} rows`);
  } finally {
    await Promise.all([small.close(), large.close()]);
    await Promise.all(servers.map((server) => server.stop()));
  }
}

await main();
