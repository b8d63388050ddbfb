'use strict';

const { showKind } = require('../util/show.js');
const { Entries } = require('./entries.js');

/** Numbers from this one on (September 2001, in ms) are a time; smaller ones are a time to live. */
const FIRST_TIME = 1_000_000_000_000;

/**
 * The contract of Keyv 6: keys without a prefix, a separate namespace, and the time when an entry
 * expires.
 */
class KeyvStore {
  /** Tells Keyv 6 that `set` takes a time and not a duration. @type {{ readonly expires: true }} */
  capabilities = { expires: true };
  /** Keyv sets it. @type {string | undefined} */
  namespace = undefined;
  #entries;

  /** @param {import('../../types/keyv.js').KeyvStoreOptions} options */
  constructor(options) {
    this.#entries = new Entries(options);
  }

  /** @param {string} key */
  async get(key) {
    return this.#entries.get(this.#idOf(key));
  }

  /** @param {readonly string[]} keys */
  async getMany(keys) {
    return this.#entries.getMany(this.#idsOf(keys));
  }

  /** @param {string} key */
  async has(key) {
    return this.#entries.has(this.#idOf(key));
  }

  /** @param {readonly string[]} keys */
  async hasMany(keys) {
    return this.#entries.hasMany(this.#idsOf(keys));
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number} [expires]
   */
  async set(key, value, expires) {
    await this.#entries.set(this.#entryOf({ key, value, expires }));
    return true;
  }

  /** @param {readonly { key: string, value: unknown, expires?: number | undefined }[]} entries */
  async setMany(entries) {
    await this.#entries.setMany(entries.map((entry) => this.#entryOf(entry)));
    return entries.map(() => true);
  }

  /** @param {string} key */
  async delete(key) {
    return this.#entries.delete(this.#idOf(key));
  }

  /** @param {readonly string[]} keys */
  async deleteMany(keys) {
    return this.#entries.deleteMany(this.#idsOf(keys));
  }

  async clear() {
    await this.#entries.clear(prefixOf(this.namespace));
  }

  /** @returns {AsyncGenerator<[key: string, value: string], void>} */
  async *iterator() {
    const prefix = prefixOf(this.namespace);
    for await (const [id, value] of this.#entries.iterate(prefix)) {
      yield [id.slice(prefix.length), value];
    }
  }

  async deleteExpired() {
    return this.#entries.deleteExpired();
  }

  async disconnect() {
    await this.#entries.close();
  }

  /** @param {{ key: string, value: unknown, expires?: number | undefined }} entry */
  #entryOf({ key, value, expires }) {
    return { id: this.#idOf(key), value, expires: expires === undefined ? null : toTime(expires) };
  }

  /** @param {readonly string[]} keys */
  #idsOf(keys) {
    return keys.map((key) => this.#idOf(key));
  }

  /** @param {string} key */
  #idOf(key) {
    if (typeof key === 'string') return prefixOf(this.namespace) + key;
    throw new TypeError(`key must be a string, not ${showKind(key)}`);
  }
}

/**
 * A colon ends the prefix, so a colon within the namespace is escaped.
 * @param {string | undefined} namespace
 */
function prefixOf(namespace) {
  return namespace ? `${namespace.replace(/[%:]/g, encodeURIComponent)}:` : '';
}

/** @param {unknown} expires */
function toTime(expires) {
  if (typeof expires === 'number' && expires >= FIRST_TIME && expires <= Number.MAX_SAFE_INTEGER) {
    return Math.ceil(expires);
  }
  throw new RangeError(
    `expires must be in milliseconds since 1970, not ${expires}; for Keyv 5, whose time to live ` +
      'this may be, there is Keyv5Store',
  );
}

module.exports = { KeyvStore };
