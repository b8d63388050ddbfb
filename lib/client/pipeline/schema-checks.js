'use strict';

const { clearTimeout, now, setTimeout } = require('../../runtime/clock.js');
const { asShared } = require('./outcomes.js');

/**
 * Records which tables match their schemas on one connection. The record holds as long as the
 * connection lasts, because a table cannot be changed while it is open.
 */
class SchemaChecks {
  #session;
  /** The check of each schema. @type {Map<Schema, Check>} */
  #checks = new Map();

  /** @param {{ readonly connects: number }} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {Schema} schema */
  isDone(schema) {
    const check = this.#checks.get(schema);
    return check?.isDone === true && check.connects === this.#session.connects;
  }

  /** Called when the connection has ended. */
  forget() {
    this.#checks.clear();
  }

  /**
   * Checks the tables of open indexes. Calls that wait for the same check share its outcome.
   * @param {readonly Definition[]} definitions
   * @param {(schema: Schema) => Promise<void>} checkSchema
   * @param {number} until  deadline, in the time of `now()`
   * @returns {Promise<Map<Definition, Error>>} why indexes do not match their schemas, or could not
   *   be checked
   */
  async run(definitions, checkSchema, until) {
    const refused = new Map();
    const all = definitions.map(async (definition) => {
      const { schema } = definition;
      if (schema === undefined) return;
      try {
        await this.#begin(schema, checkSchema);
      } catch (error) {
        refused.set(definition, error);
      }
    });
    await within(Promise.all(all), until);
    return refused;
  }

  /**
   * @param {Schema} schema
   * @param {(schema: Schema) => Promise<void>} checkSchema
   */
  #begin(schema, checkSchema) {
    const { connects } = this.#session;
    const known = this.#checks.get(schema);
    if (known?.connects === connects) return known.promise;
    const promise = checkSchema(schema).then(
      () => {
        check.isDone = true;
      },
      (error) => {
        if (this.#checks.get(schema) === check) this.#checks.delete(schema);
        throw asShared(error);
      },
    );
    /** @type {Check} */
    const check = { connects, isDone: false, promise };
    this.#checks.set(schema, check);
    return promise;
  }
}

/**
 * Waits for a promise until a deadline.
 * @param {Promise<unknown>} promise
 * @param {number} until  in the time of `now()`
 */
async function within(promise, until) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(until - now(), 0));
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/**
 * @typedef {object} Check
 * @property {number} connects
 * @property {boolean} isDone
 * @property {Promise<void>} promise
 *
 * @typedef {import('../instances').Definition} Definition
 * @typedef {import('../../../types/schema').TableSchema} Schema
 */

module.exports = { SchemaChecks };
