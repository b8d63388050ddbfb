'use strict';

const { checkSecret } = require('../check.js');
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
   * @param {number} timeoutMs  if the function takes longer, the next connect asks it again
   * @returns {string | undefined | Promise<string>}
   */
  ask(timeoutMs) {
    if (typeof this.#secret !== 'function') return this.#secret;
    this.#asked ??= callForSecret(this.#secret);
    const asked = this.#asked;
    const forget = () => {
      if (this.#asked === asked) this.#asked = null;
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(failed('gave none in time', 'ERR_HS_TIMEOUT'));
        forget();
      }, timeoutMs);
      asked.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        forget();
      });
    });
  }
}

/** @param {() => string | Promise<string>} give */
async function callForSecret(give) {
  try {
    return checkSecret(await give(), 'the secret');
  } catch (cause) {
    throw failed('failed', 'ERR_HS_AUTH', cause);
  }
}

/**
 * @param {string} what
 * @param {string} code
 * @param {unknown} [cause]
 */
function failed(what, code, cause) {
  return new HandlerSocketError(code, `the client's secret function ${what}`, {
    outcome: 'not-sent',
    cause,
  });
}

module.exports = { SecretSource };
