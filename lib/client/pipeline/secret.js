'use strict';

const { clearTimeout, now, setTimeout } = require('../../runtime/clock.js');
const { checkSecret } = require('../../util/check.js');
const { HandlerSocketError } = require('../../errors/index.js');

/** The secret of a port: a fixed text, or a function that is called before each connect. */
class SecretSource {
  #secret;
  /** The function's call in progress. @type {Promise<string> | null} */
  #pending = null;

  /** @param {import('../../..').Secret | undefined} secret */
  constructor(secret) {
    this.#secret = secret;
  }

  /** Whether the next connect may get another secret. */
  get isDynamic() {
    return typeof this.#secret === 'function';
  }

  /**
   * The secret for a connect. Connects that wait at the same time share one call of the function,
   * which runs in the async context of the first.
   * @param {number} until  deadline, in the time of `now()`; if it passes, the next connect calls
   *   the function again
   * @returns {string | undefined | Promise<string>}
   */
  get(until) {
    if (typeof this.#secret !== 'function') return this.#secret;
    this.#pending ??= callForSecret(this.#secret);
    const pending = this.#pending;
    const forget = () => {
      if (this.#pending === pending) this.#pending = null;
    };
    return new Promise((resolve, reject) => {
      const expire = () => {
        // A timer fires early if the turn in which it was set had lasted.
        const left = until - now();
        if (left > 0) {
          timer = setTimeout(expire, Math.ceil(left));
          return;
        }
        reject(failed('gave none in time', 'ERR_HS_TIMEOUT'));
        forget();
      };
      let timer = setTimeout(expire, Math.max(until - now(), 0));
      pending.then(resolve, reject).finally(() => {
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
 * @param {import('../../..').ErrorCode} code
 * @param {unknown} [cause]
 */
function failed(what, code, cause) {
  return new HandlerSocketError(code, `the client's secret function ${what}`, {
    outcome: 'not-sent',
    cause,
  });
}

module.exports = { SecretSource };
