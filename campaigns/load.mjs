/*
 * A load of reads and writes with results that can be verified, for campaigns that break
 * connections or servers under it.
 *
 *   createTables(server)            once
 *   new Ledger(server, name)        a table for one round; `prepare()` fills it
 *   startLoad({ ... , ledger })     actors call until `stop()`; it resolves when all have results
 *   ledger.judge()                  compares the callers' results with the table
 *
 * Each write has a key of its own, so that its row shows whether the write was executed exactly
 * once.
 */

import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../__test__/support/random.js';

export const HANSOCK =
  process.env.HANSOCK ?? fileURLToPath(new URL('..', import.meta.url)).slice(0, -1);
export const require = createRequire(`${HANSOCK}/`);
export const { Batch, Client, Connection, Executor } = require('./index.js');
export const { startServer } = require('./lib/testing/index.js');

const STABLE_ROWS = 1000;
/** Rows whose reply is too long for the event loop to receive by itself. */
const LONG_EVERY = 200;
/** Keys of rows that exist before the round; higher keys are inserted. */
const PREPARED = 60_000;
const CALL_LATE_MS = 4000;

/** Holds escaped bytes, so that a cut can fall within an escape. */
function stableText(k) {
  const letter = String.fromCharCode(97 + (k % 26));
  return `${k}\t\n\u0001${letter.repeat(k % LONG_EVERY === 0 ? 300_000 : k % 60)}`;
}

export async function createTables(server) {
  await server.sql(`CREATE DATABASE t; CREATE TABLE t.stable (k INT PRIMARY KEY, v MEDIUMTEXT);
    INSERT INTO t.stable SELECT seq, CONCAT(seq, CHAR(9), CHAR(10), CHAR(1), REPEAT(CHAR(97 + seq % 26),
      IF(seq % ${LONG_EVERY} = 0, 300000, seq % 60))) FROM t.seq_1_to_${STABLE_ROWS}`);
}

/** The results of one round's calls, by key. */
export class Ledger {
  #nextPrepared = 1;
  #nextInserted = PREPARED + 1;
  /** @type {Map<number, { kind: string, claim: string, by: string }>} */
  #claims = new Map();
  /** The first faults. */
  faults = [];
  faultCount = 0;
  reads = { right: 0, failed: 0 };
  /** How many times each error came, as `write|read code outcome`. */
  errors = {};
  latestMs = 0;

  constructor(server, table) {
    this.server = server;
    this.table = table;
  }

  async prepare() {
    await this.server.sql(`CREATE TABLE t.${this.table} (k INT PRIMARY KEY, v VARCHAR(100), n INT);
      INSERT INTO t.${this.table} SELECT seq, 'before', 0 FROM t.seq_1_to_${PREPARED}`);
  }

  get isFull() {
    return this.#nextPrepared > PREPARED - 1000;
  }

  keyFor(kind) {
    return kind === 'insert' ? this.#nextInserted++ : this.#nextPrepared++;
  }

  fault(text) {
    this.faultCount++;
    if (this.faults.length < 50) this.faults.push(`${this.table}: ${text}`);
  }

  count(what, error) {
    const name = `${what} ${error.code ?? error.name} ${error.outcome ?? error.serverMessage}`;
    this.errors[name] = (this.errors[name] ?? 0) + 1;
  }

  done(kind, key, by) {
    this.#claims.set(key, { kind, claim: 'done', by });
  }

  failed(kind, key, error, by) {
    this.count('write', error);
    this.#claims.set(key, { kind, claim: this.#claimOf(error), by: `${by} ${error.code}` });
  }

  #claimOf(error) {
    if (error.outcome === 'not-sent' || error.outcome === 'unknown') return error.outcome;
    if (error.serverMessage !== undefined) return 'refused';
    this.fault(`an error without an outcome: ${error.stack}`);
    return 'unknown';
  }

  /** Counts writes by their results. Each untrue claim is a fault. */
  async judge() {
    const rows = await this.server.sql(`SELECT k, v, n FROM t.${this.table}`);
    const stored = new Map(rows.map(([k, v, n]) => [Number(k), { v, n: Number(n) }]));
    const counts = {};
    for (const [key, { kind, claim, by }] of this.#claims) {
      const state = stateOf(kind, key, stored.get(key));
      counts[`${claim}, ${state}`] = (counts[`${claim}, ${state}`] ?? 0) + 1;
      const isTrue =
        claim === 'done'
          ? state === 'there'
          : claim === 'unknown'
            ? state !== 'wrong'
            : state === 'absent';
      if (!isTrue)
        this.fault(
          `${kind} of ${key} by ${by}: ${claim}, but ${state} (${JSON.stringify(stored.get(key))})`,
        );
    }
    for (const [key, row] of stored) {
      if (!this.#claims.has(key) && (key > PREPARED || row.v !== 'before' || row.n !== 0)) {
        this.fault(`nobody wrote ${key}: ${JSON.stringify(row)}`);
      }
    }
    return counts;
  }
}

/** 'there' if the write was executed, 'absent' if not, 'wrong' if something else was. */
function stateOf(kind, key, row) {
  if (kind === 'delete') return row === undefined ? 'there' : isBefore(row) ? 'absent' : 'wrong';
  if (row === undefined) return kind === 'insert' ? 'absent' : 'wrong';
  if (kind === 'insert') return row.v === `new ${key}` && row.n === key ? 'there' : 'wrong';
  if (isBefore(row)) return 'absent';
  if (kind === 'update') return row.v === `after ${key}` && row.n === 0 ? 'there' : 'wrong';
  return row.v === 'before' && row.n === 1 ? 'there' : 'wrong';
}

function isBefore({ v, n }) {
  return v === 'before' && n === 0;
}

const CHANGES = ['update', 'increment', 'delete'];

/**
 * @param {{ ports: { port: number, writePort: number }, server: any, seed: number, ledger: Ledger }}
 *   given `ports` are those that the clients connect to, possibly a proxy's
 */
export function startLoad({ ports, server, seed, ledger }) {
  const load = { isStopped: false };
  const secrets = { secret: server.secret, writeSecret: server.writeSecret };
  const clients = [
    { name: 'client', timeoutMs: 5000 },
    { name: 'hurried client', timeoutMs: 25 },
    { name: 'client of many connections', timeoutMs: 5000, connections: 4, writeConnections: 3 },
  ].map(({ name, ...options }) => ({
    name,
    options,
    client: new Client({ ...ports, ...secrets, ...options }),
  }));
  const core = makeCore(ports, secrets, ledger);
  const actors = [];
  for (const [i, { name, client, options }] of clients.entries()) {
    for (let j = 0; j < 6; j++) {
      const random = new Random(seed * 1000 + i * 100 + j);
      actors.push(
        act(load, ledger, random, options.timeoutMs, () =>
          clientCall(name, client, random, ledger),
        ),
      );
    }
  }
  for (let j = 0; j < 6; j++) {
    const random = new Random(seed * 1000 + 900 + j);
    actors.push(act(load, ledger, random, 5000, () => coreCall(core, random, ledger)));
  }
  return {
    /** Resolves when each call has its result. */
    async stop() {
      load.isStopped = true;
      await within(
        30_000,
        Promise.all(actors),
        'calls without a result after the load was stopped',
      );
      const stats = clients.map(({ client }) => client.stats());
      await within(
        30_000,
        Promise.all(clients.map(({ client }) => client.close())),
        'close() has not ended',
      );
      for (const connection of core.connections) connection.close();
      return stats;
    },
  };
}

async function act(load, ledger, random, timeoutMs, call) {
  while (!load.isStopped && !ledger.isFull) {
    const start = performance.now();
    let isFine = false;
    try {
      isFine = await call();
    } catch (error) {
      ledger.fault(`unexpected: ${error.stack}`);
    }
    const took = performance.now() - start;
    ledger.latestMs = Math.max(ledger.latestMs, took - timeoutMs);
    if (took > timeoutMs + CALL_LATE_MS)
      ledger.fault(`a call of ${timeoutMs} ms took ${Math.round(took)}`);
    // An actor whose calls are refused at once must not use up all keys.
    if (!isFine) await wait(random.integer(1, 20));
    else if (random.chance(0.05)) await wait(random.integer(0, 5));
  }
}

const indexes = new WeakMap();

function indexesOf(client, table) {
  let opened = indexes.get(client);
  if (opened === undefined) {
    opened = {
      stable: client.openIndex({
        database: 't',
        table: 'stable',
        columns: ['k', 'v'],
        types: { k: 'number' },
      }),
      stableByKey: client.openIndex({
        database: 't',
        table: 'stable',
        columns: ['k', 'v'],
        types: { k: 'number' },
        keyColumns: ['k'],
      }),
      kv: client.openIndex({
        database: 't',
        table,
        columns: ['k', 'v', 'n'],
        types: { k: 'number', n: 'number' },
      }),
    };
    indexes.set(client, opened);
  }
  return opened;
}

async function clientCall(name, client, random, ledger) {
  const opened = indexesOf(client, ledger.table);
  return random.chance(0.5)
    ? clientRead(name, opened, random, ledger)
    : clientWrite(name, opened.kv, random, ledger);
}

function checkRow(ledger, by, k, row) {
  if (row === null || row === undefined) ledger.fault(`${by}: no row for ${k}`);
  else if (row.k !== k || row.v !== stableText(k))
    ledger.fault(`${by}: a wrong row for ${k}: ${JSON.stringify(row).slice(0, 200)}`);
  else ledger.reads.right++;
}

async function clientRead(name, { stable, stableByKey }, random, ledger) {
  const k = random.integer(1, STABLE_ROWS);
  const keys = Array.from({ length: random.integer(1, 40) }, () => random.integer(1, STABLE_ROWS));
  const index = random.pick([stable, stableByKey]);
  const kind = random.pick(['get', 'get', 'get', 'getMany', 'getManySettled', 'find', 'scan']);
  const by = `${kind} of ${name}`;
  try {
    if (kind === 'get') checkRow(ledger, by, k, await index.get(k));
    if (kind === 'getMany')
      for (const [i, row] of (await index.getMany(keys)).entries())
        checkRow(ledger, by, keys[i], row);
    if (kind === 'getManySettled') {
      for (const [i, { status, value, reason }] of (await index.getManySettled(keys)).entries()) {
        if (status === 'fulfilled') checkRow(ledger, by, keys[i], value);
        else ledger.count('read', reason);
      }
    }
    if (kind === 'find') {
      const limit = random.integer(1, 30);
      const rows = await index.find('>=', k, { limit });
      if (rows.length !== Math.min(limit, STABLE_ROWS - k + 1))
        ledger.fault(`${by}: ${rows.length} rows`);
      for (const [i, row] of rows.entries()) checkRow(ledger, by, k + i, row);
    }
    if (kind === 'scan') {
      let next = k;
      for await (const row of stableByKey.scan('>=', k, { pageSize: 10, limit: 50 }))
        checkRow(ledger, by, next++, row);
      if (next - k !== Math.min(50, STABLE_ROWS - k + 1)) ledger.fault(`${by}: ${next - k} rows`);
    }
    return true;
  } catch (error) {
    ledger.reads.failed++;
    ledger.count('read', error);
    if (error.code === undefined) ledger.fault(`${by}: ${error.stack}`);
    return false;
  }
}

const newRow = (key) => ({ k: key, v: `new ${key}`, n: key });

async function clientWrite(name, kv, random, ledger) {
  const kind = random.pick(['insert', 'insertMany', ...CHANGES]);
  if (kind === 'insertMany') return insertMany(name, kv, random, ledger);
  const key = ledger.keyFor(kind);
  const isReturning = kind !== 'insert' && random.chance(0.3);
  const by = `${kind}${isReturning ? 'Returning' : ''} of ${name}`;
  try {
    const result = await changeOf(kv, kind, key, isReturning);
    ledger.done(kind, key, by);
    if (isReturning) {
      const [{ k, v, n }] = result;
      if (result.length !== 1 || k !== key || v !== 'before' || n !== 0)
        ledger.fault(`${by}: gave ${JSON.stringify(result)} for ${key}`);
    } else if (kind !== 'insert' && result !== 1) ledger.fault(`${by}: changed ${result} rows`);
    return true;
  } catch (error) {
    ledger.failed(kind, key, error, by);
    return false;
  }
}

function changeOf(kv, kind, key, isReturning) {
  if (kind === 'insert') return kv.insert(newRow(key));
  if (kind === 'update')
    return kv[isReturning ? 'updateReturning' : 'update']('=', key, { v: `after ${key}` });
  if (kind === 'increment')
    return kv[isReturning ? 'incrementReturning' : 'increment']('=', key, { n: 1 });
  return kv[isReturning ? 'deleteReturning' : 'delete']('=', key);
}

async function insertMany(name, kv, random, ledger) {
  const keys = Array.from({ length: random.logarithmic(700) }, () => ledger.keyFor('insert'));
  const by = `insertMany of ${name}`;
  const results = await kv.insertMany(keys.map(newRow));
  if (results.length !== keys.length)
    ledger.fault(`${by}: ${results.length} results for ${keys.length}`);
  for (const [i, { status, reason }] of results.entries()) {
    if (status === 'fulfilled') ledger.done('insert', keys[i], by);
    else ledger.failed('insert', keys[i], reason, by);
  }
  return results.every(({ status }) => status === 'fulfilled');
}

/** Shared connections to the write port. Some batches wait in line, others are refused as busy. */
function makeCore({ writePort }, { writeSecret }, ledger) {
  const columns = { database: 't', table: ledger.table };
  const handshake = new Batch()
    .openIndex(0, { ...columns, columns: ['k', 'v', 'n'] })
    .openIndex(1, { ...columns, columns: ['v'] })
    .openIndex(2, { ...columns, columns: ['n'] });
  const connections = [0, 0, 8, 8].map(
    (maxQueued) =>
      new Connection(`127.0.0.1:${writePort}`, { secret: writeSecret, handshake, maxQueued }),
  );
  return { connections };
}

async function coreCall({ connections }, random, ledger) {
  const chosen = new Set(
    Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.pick(connections)),
  );
  const executor = new Executor();
  const pairs = [...chosen].map((connection) => {
    const { batch, changes } = coreBatch(random, ledger);
    executor.add(connection, batch);
    return { batch, changes };
  });
  const timeoutMs = random.chance(0.25) ? random.integer(0, 60) : 5000;
  const signal = random.chance(0.1) ? AbortSignal.timeout(random.integer(0, 30)) : undefined;
  if (random.chance(0.02)) setImmediate(() => random.pick(connections).close());
  const isSync = random.chance(0.02);
  const by = `${isSync ? 'executeSync' : 'execute'} of ${pairs.length}`;
  if (isSync) {
    try {
      executor.executeSync(Math.min(timeoutMs, 300));
    } catch (error) {
      if (error.code !== 'ERR_HS_EXECUTE') throw error;
    }
  } else {
    await executor.executeSettled(timeoutMs, { signal });
  }
  let isFine = true;
  for (const { batch, changes } of pairs) {
    const { error, replies } = batch;
    if (error !== null) isFine = false;
    if (error === null && replies.length !== changes.length)
      ledger.fault(`${by}: ${replies.length} replies`);
    if (error?.outcome === 'not-sent' && replies.length > 0)
      ledger.fault(`${by}: replies to what was not sent`);
    for (const [i, { kind, key }] of changes.entries()) {
      if (i >= replies.length) ledger.failed(kind, key, error, by);
      else if (replies[i].error !== null) ledger.failed(kind, key, replies[i].error, by);
      else {
        ledger.done(kind, key, by);
        if (kind !== 'insert' && replies[i].values[0] !== '1')
          ledger.fault(`${by}: ${kind} of ${key} gave ${replies[i].values}`);
      }
    }
  }
  return isFine;
}

function coreBatch(random, ledger) {
  const batch = new Batch();
  const changes = Array.from({ length: random.logarithmic(60) }, () => {
    const kind = random.pick(['insert', ...CHANGES]);
    const key = ledger.keyFor(kind);
    if (kind === 'insert') batch.insert(0, [key, `new ${key}`, key]);
    if (kind === 'update') batch.update(1, '=', [key], [`after ${key}`]);
    if (kind === 'increment') batch.increment(2, '=', [key], [1]);
    if (kind === 'delete') batch.delete(0, '=', [key]);
    return { kind, key };
  });
  return { batch, changes };
}

/** Ends a campaign that hangs, since that is a finding. */
export async function within(ms, promise, text) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text} (${ms} ms)`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Adds the counts of one round to those of all. */
export function addCounts(total, counts) {
  for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
}

/** Prints the sums of all rounds, and fails the process if there was a fault. */
export async function report(ledgers, started) {
  const [writes, errors, reads] = [{}, {}, {}];
  for (const ledger of ledgers) {
    // Reads again, because late commands have arrived at the server by now.
    addCounts(writes, await ledger.judge());
    addCounts(errors, ledger.errors);
    addCounts(reads, ledger.reads);
  }
  const faults = ledgers.flatMap((ledger) => ledger.faults);
  const faultCount = ledgers.reduce((sum, ledger) => sum + ledger.faultCount, 0);
  const latestMs = Math.round(Math.max(...ledgers.map((ledger) => ledger.latestMs)));
  console.log({
    seconds: Math.round((performance.now() - started) / 1000),
    writes,
    reads,
    errors,
    latestMs,
  });
  console.log(`${ledgers.length} rounds, ${faultCount} faults`);
  for (const fault of faults.slice(0, 40)) console.log(`FAULT ${fault}`);
  if (faultCount > 0) process.exitCode = 1;
}
