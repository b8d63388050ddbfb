'use strict';

const { checkInteger, checkNames, checkOptions, checkString } = require('../util/check.js');
const { showKind } = require('../util/show.js');

/*
 * A table of entries: an id, a value, and the expiry in milliseconds since 1970, or NULL.
 *
 * Ids are bytes (VARBINARY), so the index orders them by their bytes: ids with a common prefix are
 * a range, and no collation makes two ids equal.
 */

const OPTIONS = ['client', 'database', 'table', 'maxKeyBytes', 'pageSize'];
const DEFAULT_MAX_KEY_BYTES = 1024;
/** The longest key of an InnoDB index. */
const MAX_KEY_BYTES = 3072;
const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 100_000;

/** The most rows that one command deletes, because other writes of the server wait for it. */
const ROWS_A_DELETE = 500;

/**
 * How often `set` starts again after losing to another writer. Each time the other one has
 * succeeded.
 */
const MOST_ATTEMPTS = 10;

/** UTF-8 cannot encode half a surrogate pair: another character would replace it. */
const HALF_PAIR = /\p{Surrogate}/u;

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {unknown} value
 * @property {number | null} expires
 */

class Entries {
  #client;
  #maxKeyBytes;
  #pageSize;
  #entries;
  /** The same rows without the values. */
  #marks;
  #byExpiry;

  /** @param {import('../../types/keyv.js').KeyvStoreOptions} options */
  constructor(options) {
    checkNames(checkOptions(options, 'options'), 'options', OPTIONS);
    const { client, database, table } = options;
    const { maxKeyBytes = DEFAULT_MAX_KEY_BYTES, pageSize = DEFAULT_PAGE_SIZE } = options;
    if (typeof client?.openIndex !== 'function') {
      throw new TypeError(`options.client must be a Client, not ${showKind(client)}`);
    }
    checkString(database, 'options.database');
    checkString(table, 'options.table');
    this.#client = client;
    this.#maxKeyBytes = checkInteger(maxKeyBytes, 'options.maxKeyBytes', 1, MAX_KEY_BYTES);
    this.#pageSize = checkInteger(pageSize, 'options.pageSize', 1, MAX_PAGE_SIZE);

    this.#entries = client.openIndex({
      database,
      table,
      columns: ['id', 'value', 'expires'],
      filterColumns: ['id'],
      types: { expires: 'number' },
      notNull: ['id', 'value'],
      keyColumns: ['id'],
    });
    this.#marks = client.openIndex({
      database,
      table,
      columns: ['id', 'expires'],
      types: { expires: 'number' },
      notNull: ['id'],
      keyColumns: ['id'],
    });
    this.#byExpiry = client.openIndex({
      database,
      table,
      index: 'by_expires',
      columns: ['expires'],
      filterColumns: ['expires'],
      types: { expires: 'number' },
      keyColumns: ['expires'],
    });
  }

  /** @param {string} id */
  async get(id) {
    const row = await this.#entries.get(this.#checkId(id));
    return isOf(row, id) ? row.value : undefined;
  }

  /** @param {readonly string[]} ids */
  async getMany(ids) {
    const rows = await this.#entries.getMany(this.#checkIds(ids));
    return rows.map((row, i) => (isOf(row, ids[i]) ? row.value : undefined));
  }

  /** @param {string} id */
  async has(id) {
    return isOf(await this.#marks.get(this.#checkId(id)), id);
  }

  /** @param {readonly string[]} ids */
  async hasMany(ids) {
    const rows = await this.#marks.getMany(this.#checkIds(ids));
    return rows.map((row, i) => isOf(row, ids[i]));
  }

  /**
   * Writes a row, whether it exists or not. HandlerSocket has no such command: an update tells
   * whether the row exists, and an insert whether it does not. Other writers may insert or delete
   * it between the two.
   *
   * @param {Entry} entry
   */
  async set({ id, value, expires }) {
    this.#checkId(id);
    const row = { id, value: checkText(value, 'value'), expires };
    for (let attempt = 1; ; attempt++) {
      const updated = await this.#entries.update('=', id, { value: row.value, expires });
      if (updated > 0) return;
      try {
        await this.#entries.insert(row);
        return;
      } catch (error) {
        if (!isDuplicate(error) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * If two entries have the same id, the last one is written.
   *
   * @param {readonly Entry[]} entries
   */
  async setMany(entries) {
    const last = new Map(entries.map((entry) => [entry.id, entry]));
    await settleAll(Array.from(last.values(), (entry) => this.set(entry)));
  }

  /** @param {string} id */
  async delete(id) {
    return (await this.#marks.delete('=', this.#checkId(id))) > 0;
  }

  /** @param {readonly string[]} ids */
  async deleteMany(ids) {
    return settleAll(this.#checkIds(ids).map((id) => this.delete(id)));
  }

  /**
   * Deletes the rows whose ids begin with a prefix; '' matches all of them.
   * @param {string} prefix
   */
  async clear(prefix) {
    const range = { limit: ROWS_A_DELETE, filters: within(prefix) };
    while ((await this.#entries.delete('>=', prefix, range)) === ROWS_A_DELETE);
  }

  /**
   * The ids and values of the rows whose ids begin with a prefix.
   *
   * @param {string} prefix
   * @returns {AsyncGenerator<[id: string, value: string]>}
   */
  async *iterate(prefix) {
    const options = { pageSize: this.#pageSize, filters: within(prefix) };
    for await (const row of this.#entries.scan('>=', prefix, options)) {
      if (!isExpired(row)) yield [row.id, row.value];
    }
  }

  /** Deletes expired rows, the latest first, and returns their number. */
  async deleteExpired() {
    const latest = Date.now() - 1;
    // NULL sorts below all times.
    const filters = /** @type {const} */ ([
      { type: 'while', column: 'expires', op: '!=', value: null },
    ]);
    let total = 0;
    for (;;) {
      const deleted = await this.#byExpiry.delete('<=', latest, { limit: ROWS_A_DELETE, filters });
      total += deleted;
      if (deleted < ROWS_A_DELETE) return total;
    }
  }

  close() {
    return this.#client.close();
  }

  /** @param {readonly string[]} ids */
  #checkIds(ids) {
    return ids.map((id) => this.#checkId(id));
  }

  /** The server would silently cut a longer id. @param {string} id */
  #checkId(id) {
    const bytes = Buffer.byteLength(checkText(id, 'key'));
    if (bytes <= this.#maxKeyBytes) return id;
    throw new RangeError(
      `key must have at most ${this.#maxKeyBytes} bytes, its namespace included, not ${bytes}`,
    );
  }
}

/**
 * Whether it is the requested row and has not expired. The row of another id is found if the
 * table's column is shorter than `maxKeyBytes`, so that the server has cut both ids.
 *
 * @template {{ id: string, expires: number | null }} Row
 * @param {Row | null} row
 * @param {string} id
 * @returns {row is Row}
 */
function isOf(row, id) {
  return row !== null && row.id === id && !isExpired(row);
}

/**
 * As in Keyv, an entry still exists in its last millisecond.
 * @param {{ expires: number | null }} row
 */
function isExpired({ expires }) {
  return expires !== null && expires < Date.now();
}

/**
 * The filter that ends a scan after the last id with this prefix.
 *
 * @param {string} prefix  empty, or with an ASCII character at its end
 */
function within(prefix) {
  if (prefix === '') return [];
  const next = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  const value = prefix.slice(0, -1) + next;
  return [/** @type {const} */ ({ type: 'while', column: 'id', op: '<', value })];
}

/**
 * @param {unknown} value
 * @param {string} argument
 */
function checkText(value, argument) {
  if (typeof value !== 'string') {
    throw new TypeError(`${argument} must be a string, not ${showKind(value)}`);
  }
  if (!HALF_PAIR.test(value)) return value;
  throw new TypeError(`${argument} must be well-formed; it has half of a surrogate pair`);
}

/** @param {unknown} error */
function isDuplicate(error) {
  return error instanceof Error && 'code' in error && error.code === 'ERR_HS_DUPLICATE_KEY';
}

/**
 * Resolves with all values. It rejects with the first failure, but only once none is in flight.
 *
 * @template T
 * @param {readonly Promise<T>[]} promises
 */
async function settleAll(promises) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

module.exports = { Entries };
