'use strict';

const { Entries } = require('./entries.js');

/**
 * The contract of Keyv 5: keys that Keyv has prefixed with `namespace:`, and a time to live. Keyv
 * sets `namespace`. The property must not exist before that: Keyv 6, which wraps the store in a
 * bridge, would infer from it that the store prefixes keys itself.
 */
class Keyv5Store {
  /** Keyv 5 uses the iterator of a store only if it knows the store's dialect. */
  opts = { dialect: 'mysql', url: '' };
  #entries;

  /** @param {import('../../types/keyv.js').KeyvStoreOptions} options */
  constructor(options) {
    this.#entries = new Entries(options);
  }

  /** @param {string} key */
  async get(key) {
    return this.#entries.get(key);
  }

  /** @param {readonly string[]} keys */
  async getMany(keys) {
    return this.#entries.getMany(keys);
  }

  /** @param {string} key */
  async has(key) {
    return this.#entries.has(key);
  }

  /** @param {readonly string[]} keys */
  async hasMany(keys) {
    return this.#entries.hasMany(keys);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number} [ttl]
   */
  async set(key, value, ttl) {
    await this.#entries.set({ id: key, value, expires: expiryOf(ttl) });
    return true;
  }

  /** @param {readonly { key: string, value: unknown, ttl?: number | undefined }[]} entries */
  async setMany(entries) {
    await this.#entries.setMany(
      entries.map(({ key, value, ttl }) => ({ id: key, value, expires: expiryOf(ttl) })),
    );
    return entries.map(() => true);
  }

  /** @param {string} key */
  async delete(key) {
    return this.#entries.delete(key);
  }

  /** Like Keyv 5 itself, returns whether all of them existed. @param {readonly string[]} keys */
  async deleteMany(keys) {
    return (await this.#entries.deleteMany(keys)).every(Boolean);
  }

  async clear() {
    const { namespace } = /** @type {{ namespace?: string }} */ (this);
    await this.#entries.clear(prefixOf(namespace));
  }

  /**
   * @param {string} [namespace]
   * @returns {AsyncGenerator<[key: string, value: string], void>}
   */
  async *iterator(namespace) {
    yield* this.#entries.iterate(prefixOf(namespace));
  }

  async deleteExpired() {
    return this.#entries.deleteExpired();
  }

  async disconnect() {
    await this.#entries.close();
  }
}

/** @param {string | undefined} namespace */
function prefixOf(namespace) {
  return namespace ? `${namespace}:` : '';
}

/**
 * null if the entry never expires, which includes times beyond the safe integers.
 * @param {number | undefined} ttl
 */
function expiryOf(ttl) {
  if (ttl === undefined || ttl === null) return null;
  if (typeof ttl !== 'number' || Number.isNaN(ttl)) {
    throw new TypeError(`ttl must be a number of milliseconds, not ${ttl}`);
  }
  const expires = Math.ceil(Date.now() + ttl);
  return expires <= Number.MAX_SAFE_INTEGER ? expires : null;
}

module.exports = { Keyv5Store };
