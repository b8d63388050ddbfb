'use strict';

const { HandlerSocketError } = require('../errors.js');

/** Where connects get their secret from. */
class SecretSource {
  #secret;
  /** What the function was asked for and has not given yet. @type {Promise<string> | null} */
  #asked = null;

  /** @param {import('../..').Secret | undefined} secret */
  constructor(secret) {
    this.#secret = secret;
  }

  /** Whether it may be another one at the next connect. */
  get changes() {
    return typeof this.#secret === 'function';
  }

  /**
   * The secret for a connect. Several that wait at a time share one answer of the function.
   * @returns {string | undefined | Promise<string>}
   */
  ask() {
    if (typeof this.#secret !== 'function') return this.#secret;
    this.#asked ??= callForSecret(this.#secret).finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }
}

/** @param {() => string | Promise<string>} give */
async function callForSecret(give) {
  try {
    const secret = await give();
    // The secret is shown in no error.
    if (typeof secret === 'string') return secret;
    throw new TypeError(`the secret must be a string, not ${typeof secret}`);
  } catch (cause) {
    throw new HandlerSocketError('ERR_HS_AUTH', "the client's secret function failed", {
      outcome: 'not-sent',
      cause,
    });
  }
}

module.exports = { SecretSource };
