/* Rows kept in memory for a while: who asks for one that is there, or is being read, asks no server. */

import { Client } from 'hansock';
import { startServer } from 'hansock/testing';

const CREATE_TABLE = `
  CREATE DATABASE shop;
  CREATE TABLE shop.user (id INT PRIMARY KEY, name VARCHAR(50)) CHARACTER SET utf8mb4;
  INSERT INTO shop.user SELECT seq, CONCAT('User ', seq) FROM shop.seq_1_to_1000`;

const KEPT_MS = 60_000;
const MOST_KEPT = 10_000;

class RowCache<Row> {
  /** The oldest first. */
  #kept = new Map<number, { row: Promise<Row>; until: number }>();
  #read: (id: number) => Promise<Row>;

  constructor(read: (id: number) => Promise<Row>) {
    this.#read = read;
  }

  /**
   * The promise is kept, and not the row: all who ask meanwhile wait for the same read, and a read
   * that was under way when the row was forgotten puts no old row back.
   */
  get(id: number): Promise<Row> {
    const found = this.#kept.get(id);
    if (found !== undefined && found.until > Date.now()) return found.row;
    const row = this.#read(id);
    const entry = { row, until: Date.now() + KEPT_MS };
    this.#kept.delete(id);
    this.#kept.set(id, entry);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    // An error is nothing to keep.
    row.catch(() => this.#kept.get(id) === entry && this.#kept.delete(id));
    return row;
  }

  forget(id: number) {
    this.#kept.delete(id);
  }
}

async function main() {
  const server = await startServer({ sql: CREATE_TABLE });
  const { host, port, writePort, secret } = server;
  const client = new Client({ host, port, writePort, secret });
  try {
    const users = client.openIndex({ database: 'shop', table: 'user', columns: ['id', 'name'] });
    const cache = new RowCache((id) => users.get(id));

    const ids = Array.from({ length: 10_000 }, (_, i) => 1 + (i % 1000));
    await Promise.all(ids.map((id) => cache.get(id)));
    await Promise.all(ids.map((id) => cache.get(id)));
    const { commands, batches } = client.stats();
    console.log(`20,000 reads of 1,000 users: ${commands - 1} finds, round trips: ${batches}`);
    if (commands - 1 !== 1000) throw new Error('each user was to be read once');

    // First the row, then the cache: the other way round, a read in between would keep the old one.
    await users.update('=', 42, { name: 'Ada' });
    cache.forget(42);
    const user = await cache.get(42);
    if (user?.name !== 'Ada') throw new Error('the cache gave an old row');
    console.log('after an update:', user);
  } finally {
    await client.close();
    await server.stop();
  }
}

await main();
