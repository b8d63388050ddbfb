/**
 * Stores for [Keyv](https://keyv.org), and so for cache-manager, got and what else takes one, over a table.
 *
 * ```js
 * const { Keyv } = require('keyv');
 * const { Client } = require('hansock');
 * const { KeyvStore } = require('hansock/keyv');
 *
 * const client = new Client({ host: 'db1', secret: process.env.HANDLERSOCKET_SECRET });
 * const keyv = new Keyv({ store: new KeyvStore({ client, database: 'cache', table: 'keyv' }) });
 * ```
 *
 * `docs/keyv.md` has the table, and what the stores promise.
 *
 * @packageDocumentation
 */

import type { Client } from './client.js';

/** Which table a store is, and how it uses it. */
export interface KeyvStoreOptions {
  /** {@link KeyvStore.disconnect} closes it. */
  client: Client;
  database: string;
  /**
   * Has the columns `id` (VARBINARY, the primary key), `value` (LONGBLOB or LONGTEXT) and `expires` (BIGINT, may be
   * NULL), and an index `by_expires` for {@link KeyvStore.deleteExpired}.
   */
  table: string;
  /**
   * The length of the column `id`, 1 to 3072 bytes. A longer key, its namespace included, is a RangeError: the server
   * would cut it.
   *
   * @default 1024
   */
  maxKeyBytes?: number | undefined;
  /**
   * How many entries `iterator` reads in a round trip, 1 to 100,000. Two pages are held at a time, and a page is one
   * reply: few where values are large.
   *
   * @default 100
   */
  pageSize?: number | undefined;
}

/** An entry of {@link KeyvStore.setMany}. */
export interface KeyvStoreEntry {
  key: string;
  value: unknown;
  /** In milliseconds since 1970. undefined: never. */
  expires?: number | undefined;
}

/** An entry of {@link Keyv5Store.setMany}. */
export interface Keyv5StoreEntry {
  key: string;
  value: unknown;
  /** In milliseconds. undefined: it does not expire. */
  ttl?: number | undefined;
}

/**
 * A store for Keyv 6. Give each Keyv a store of its own, as it sets the store's `namespace`; any number of them may share
 * a client and a table.
 *
 * Values are strings, as Keyv's serialization makes them; anything else is a TypeError. Every method rejects with what
 * {@link Client} rejects with.
 */
export class KeyvStore {
  /** @throws TypeError or RangeError that names the option. */
  constructor(options: KeyvStoreOptions);

  /** Tells Keyv 6 that `set` takes a time and not a duration. */
  readonly capabilities: { readonly expires: true };

  /** Keyv sets it. Keys of one namespace are not found in another. */
  namespace: string | undefined;

  get(key: string): Promise<string | undefined>;

  /** In the order of the keys, in one round trip. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;

  /** Reads no value. */
  has(key: string): Promise<boolean>;

  /** Reads no values, in one round trip. */
  hasMany(keys: readonly string[]): Promise<boolean[]>;

  /**
   * Writes an entry, whether there is one or not. When it resolves, there was a moment during the call at which the key
   * had this value and this expiry; of several writers each writes both or neither.
   *
   * @param expires in milliseconds since 1970; undefined: never
   * @returns true
   * @throws HandlerSocketError with the outcome `'unknown'` where it may have been written; it can be repeated.
   */
  set(key: string, value: unknown, expires?: number): Promise<boolean>;

  /**
   * As {@link set} of each, in the round trips of one. Of two entries with the same key the last one counts. Rejects if
   * one of them fails; the others are written all the same.
   */
  setMany(entries: readonly KeyvStoreEntry[]): Promise<boolean[]>;

  /** Whether there was one. */
  delete(key: string): Promise<boolean>;

  /** Of each key whether there was an entry, in one round trip. */
  deleteMany(keys: readonly string[]): Promise<boolean[]>;

  /** Deletes all entries of the namespace, or of the table where there is none. What is set meanwhile may stay. */
  clear(): Promise<void>;

  /** Keys and values of the namespace, in the order of the keys' bytes, a page at a time. */
  iterator(): AsyncGenerator<[key: string, value: string], void>;

  /**
   * Deletes what has expired, of all namespaces, and gives the number. Nobody reads such entries, and nothing else
   * deletes them: call it from time to time, or let the server's event scheduler do it.
   */
  deleteExpired(): Promise<number>;

  /** Closes the client. */
  disconnect(): Promise<void>;
}

/**
 * A store for Keyv 5, which cache-manager 7 and got 14 to 16 use. As {@link KeyvStore}, but it is given keys that Keyv
 * has prefixed with their namespace, and durations.
 */
export class Keyv5Store {
  /** @throws TypeError or RangeError that names the option. */
  constructor(options: KeyvStoreOptions);

  /** Keyv 5 sees by it that the store has an iterator. */
  readonly opts: { dialect: string; url: string };

  /** Keyv sets it, for `clear`. */
  namespace?: string | undefined;

  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  has(key: string): Promise<boolean>;
  hasMany(keys: readonly string[]): Promise<boolean[]>;

  /**
   * As {@link KeyvStore.set}.
   *
   * @param ttl in milliseconds; undefined: it does not expire
   */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;

  /** As {@link KeyvStore.setMany}. */
  setMany(entries: readonly Keyv5StoreEntry[]): Promise<boolean[]>;

  delete(key: string): Promise<boolean>;

  /** Whether there was an entry of each key. */
  deleteMany(keys: readonly string[]): Promise<boolean>;

  clear(): Promise<void>;

  /** Keys as they are stored: Keyv takes the namespace off. */
  iterator(namespace?: string): AsyncGenerator<[key: string, value: string], void>;

  /** As {@link KeyvStore.deleteExpired}. */
  deleteExpired(): Promise<number>;

  /** Closes the client. */
  disconnect(): Promise<void>;
}
