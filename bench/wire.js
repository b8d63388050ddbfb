'use strict';

/* Drives the Rust client, wire.rs, like the other clients' processes. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { insertLists, keyLists, randomCity, scanStart } = require('./calls.js');
const { DATABASE, tableOf } = require('./tables.js');

/**
 * @typedef {import('./workloads.js').Workload} Workload
 * @typedef {import('./tables.js').Table} Table
 */

const SCANS = 200;

/**
 * @param {Workload} workload
 * @param {import('./servers.js').Environment} environment
 * @param {string} folder  where the program is
 */
function startWire(workload, { addresses }, folder) {
  const table = tableOf(workload.table);
  const file = path.join(folder, 'commands');
  fs.writeFileSync(file, commandsOf(workload, table).join('\n'));
  const isWrite = workload.operation === 'insert' || workload.operation === 'update';
  const port = isWrite ? addresses.writePort : addresses.port;
  const columns = columnsFor(workload, table).join(',');
  const openIndex = `P\t1\t${DATABASE}\t${table.name}\tPRIMARY\t${columns}`;
  const given = [port, addresses.secret, openIndex, file, workload.connections].map(String);
  const child = spawn(path.join(folder, 'wire'), given, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const failure = exit.then(() => {
    throw new Error('its process ended before its work was done');
  });
  // It also ends after its work, when nobody waits for it.
  failure.catch(() => {});
  const lines = readline.createInterface(child.stdout);
  return {
    /** @param {number} seconds */
    async measure(seconds) {
      child.stdin.write(`${seconds}\n`);
      const [line] = await Promise.race([once(lines, 'line'), failure]);
      const { replies, ...slice } = JSON.parse(line);
      return { ...slice, rows: replies * rowsOfReply(workload) };
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}

/**
 * Batches, each as many commands as callers wait at a time.
 *
 * @param {Workload} workload
 * @param {Table} table
 */
function commandsOf({ operation, callers, rows }, table) {
  switch (operation) {
    case 'getMany':
      return keyLists(rows, table.rows).map(
        (ids) => `1\t=\t1\t\t${rows}\t0\t@\t0\t${rows}\t${ids.join('\t')}\n`,
      );
    case 'scan':
      return Array.from({ length: SCANS }, () => {
        return `1\t>=\t1\t${scanStart(rows, table.rows)}\t${rows}\t0\n`;
      });
    case 'insert':
      return insertLists(rows).map((list) => list.map(insertion).join(''));
    case 'update':
      return keyLists(callers, table.rows).map((ids) => {
        return ids.map((id) => `1\t=\t1\t${id}\t1\t0\tU\t${randomCity()}\n`).join('');
      });
    default:
      return keyLists(callers, table.rows).map((ids) => {
        return ids.map((id) => `1\t=\t1\t${id}\n`).join('');
      });
  }
}

/** @param {unknown[]} row */
function insertion(row) {
  return `1\t+\t${row.length}\t${row.join('\t')}\n`;
}

/**
 * @param {Workload} workload
 * @param {Table} table
 */
function columnsFor({ operation }, { columns }) {
  if (operation === 'insert') return columns.slice(1);
  return operation === 'update' ? ['city'] : columns;
}

/** @param {Workload} workload */
function rowsOfReply({ operation, rows }) {
  return operation === 'getMany' || operation === 'scan' ? rows : 1;
}

module.exports = { startWire };
