'use strict';

/*
 * Measures how many copies of one large value are in memory at most while it is fetched:
 *
 *   node copies.js <port> <secret> <text | bytes>
 */

const { Client } = require('../..');
const { forgetPeak, peakMemory, residentMemory } = require('../memory.js');
const { DATABASE, MIB, tableOf } = require('../tables.js');

const PATIENCE_MS = 60_000;
const [port, secret, kind] = process.argv.slice(2);

async function main() {
  const client = new Client({ port: Number(port), secret, timeoutMs: PATIENCE_MS });
  /** @param {number} size */
  const fetch = async (size) => {
    const { name, columns, hasBuffers, readObject } = tableOf(`${kind}_${size}`);
    const index = client.openIndex({
      database: DATABASE,
      table: name,
      columns,
      types: { value: hasBuffers ? 'buffer' : 'string' },
    });
    if (readObject(await index.get(1)) !== 1) throw new Error('another row');
  };
  await fetch(10);
  const before = residentMemory();
  forgetPeak();
  await fetch(64 * MIB);
  console.log(JSON.stringify({ copies: (peakMemory() - before) / (64 * MIB) }));
  await client.close();
}

main();
