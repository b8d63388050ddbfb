'use strict';

/* Figures of a client as Prometheus text. Beside hansock it needs prom-client. */

const { Counter, Gauge, Registry } = require('prom-client');
const { Client } = require('hansock');
const { startServer } = require('hansock/testing');

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.item (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL)`;

/**
 * Has a registry ask a client for its figures whenever it is asked for its own.
 * @param {Registry} registry
 * @param {Client} client
 */
function register(registry, client) {
  const registers = [registry];
  new Gauge({
    name: 'hansock_pending_calls',
    help: 'Calls without a result',
    registers,
    collect() {
      this.set(client.stats().pending);
    },
  });
  new Gauge({
    name: 'hansock_connections',
    help: 'Connections',
    labelNames: ['state'],
    registers,
    collect() {
      const { connections: open, connectionsInUse } = client.stats();
      this.set({ state: 'in use' }, connectionsInUse);
      this.set({ state: 'idle' }, open - connectionsInUse);
    },
  });
  new Gauge({
    name: 'hansock_latency_seconds',
    help: 'Of the last minute',
    labelNames: ['stage', 'quantile'],
    registers,
    collect() {
      const { queueMs, roundTripMs } = client.stats().latency;
      for (const [stage, { p50, p99 }] of Object.entries({
        queue: queueMs,
        round_trip: roundTripMs,
      })) {
        this.set({ stage, quantile: '0.5' }, secondsOf(p50));
        this.set({ stage, quantile: '0.99' }, secondsOf(p99));
      }
    },
  });
  for (const [name, figure] of /** @type {const} */ ([
    ['batches', 'batches'],
    ['commands', 'commands'],
    ['received_bytes', 'bytesIn'],
    ['sent_bytes', 'bytesOut'],
    ['retries', 'retries'],
  ])) {
    new Counter({
      name: `hansock_${name}_total`,
      help: `ClientStats.${figure}`,
      registers,
      collect() {
        this.reset();
        this.inc(client.stats()[figure]);
      },
    });
  }
  new Counter({
    name: 'hansock_errors_total',
    help: 'Calls that failed, by code',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of Object.entries(client.stats().errors)) this.inc({ code }, count);
    },
  });
}

/** @param {number | null} ms */
function secondsOf(ms) {
  return ms === null ? Number.NaN : ms / 1000;
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  const registry = new Registry();
  register(registry, client);
  try {
    const items = client.openIndex({
      database: 'shop',
      table: 'item',
      columns: ['id', 'name'],
      types: { id: 'number' },
      keyColumns: ['id'],
    });
    await items.insert({ id: 1, name: 'Tea' });
    await items.insert({ id: 1, name: 'Milk' }).catch(({ code }) => console.log(code));
    await items.get(1);
    console.log(await registry.metrics());
  } finally {
    await client.close();
    await server.stop();
  }
}

main();
