/* Counters: views of pages, numbers that are given out once, and a stock that cannot be overdrawn. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.counter (name VARCHAR(50) COLLATE utf8mb4_bin PRIMARY KEY, n BIGINT NOT NULL);
  INSERT INTO shop.counter VALUES ('invoice', 1000), ('tickets left', 100)`;

function openCounters(client: Client) {
  return client.openIndex({
    database: 'shop',
    table: 'counter',
    columns: ['name', 'n'],
    types: { n: 'bigint' },
  });
}

/** Counts up, from nothing where the counter is new. */
async function count(counters: ReturnType<typeof openCounters>, name: string, by = 1) {
  if ((await counters.increment('=', name, { n: by })) > 0) return;
  const [inserted] = await counters.insertMany([{ name, n: by }]);
  if (inserted.status === 'fulfilled') return;
  // 121: another was quicker to insert it.
  if (inserted.reason.code !== 'ERR_HS_DUPLICATE_KEY') throw inserted.reason;
  await counters.increment('=', name, { n: by });
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  try {
    const counters = openCounters(client);

    const pages = ['/', '/tea', '/coffee'];
    await Promise.all(Array.from({ length: 3000 }, (_, i) => count(counters, pages[i % 3])));
    for (const row of await counters.getMany(pages)) console.log(`${row?.name}: ${row?.n} views`);
    const { batches } = client.stats();
    console.log(`3,000 views were counted in ${batches - 1} round trips`);

    // The row as it was before: no two callers get the same.
    const takeNumber = async () =>
      (await counters.incrementReturning('=', 'invoice', { n: 1 }))[0].n;
    const numbers = await Promise.all(Array.from({ length: 200 }, takeNumber));
    if (new Set(numbers).size !== 200) throw new Error('a number was given out twice');
    console.log(`200 invoices: ${numbers[0]} to ${numbers[199]}, each once`);

    // decrement changes no row whose value would go below 0, and does not count it. A value of 0 would go
    // below: the filter keeps it from that.
    const filters = [{ column: 'n', op: '>', value: 0 }] as const;
    const stock = client.openIndex({
      database: 'shop',
      table: 'counter',
      columns: ['name', 'n'],
      filterColumns: ['n'],
    });
    const buyers = Array.from({ length: 250 }, () => {
      return stock.decrement('=', 'tickets left', { n: 1 }, { filters });
    });
    const sold = (await Promise.all(buyers)).reduce((total, changed) => total + changed, 0);
    const left = await counters.get('tickets left');
    if (sold !== 100 || left?.n !== 0n) throw new Error(`sold ${sold}, left ${left?.n}`);
    console.log(`250 buyers, 100 tickets: ${sold} sold, ${left.n} left`);
  } finally {
    await client.close();
    await server.stop();
  }
}

await main();
