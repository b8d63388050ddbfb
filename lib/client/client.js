'use strict';

const { inspect } = require('node:util');
const { lazy } = require('../util/lazy.js');
const { readCallOptions, readConnectOptions } = require('./pipeline/call-options.js');
const { Index, MADE_BY_CLIENT } = require('./table-index.js');

const parts = lazy(() => ({ ...require('./opened-index.js'), ...require('./ports.js') }));

/** See index.d.ts. Presents one server; Ports does the work. */
class Client {
  /** @type {InstanceType<typeof import('./ports.js').Ports>} */
  #ports;

  /** @param {import('../..').ClientOptions} [options] */
  constructor(options) {
    const { Ports } = parts();
    this.#ports = new Ports(options);
  }

  /** @param {import('../..').OpenIndexTarget<readonly string[], Record<string, string>>} target */
  openIndex(target) {
    const { openIndex } = parts();
    const ports = this.#ports;
    return new Index(MADE_BY_CLIENT, openIndex(target, ports.define), {
      submit: (operation) => ports.submit(operation),
      readsAhead: ports.readsAhead,
    });
  }

  /** @param {unknown} [options] */
  async connect(options) {
    return this.#ports.connect(readConnectOptions(options));
  }

  /** @param {unknown} [options] */
  async ping(options) {
    return this.#ports.ping(readCallOptions(options));
  }

  /** @param {unknown} [sql] */
  async verify(sql) {
    return this.#ports.findChanges(sql);
  }

  stats() {
    return this.#ports.stats();
  }

  close() {
    return this.#ports.close();
  }

  destroy() {
    this.#ports.destroy();
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  [inspect.custom]() {
    return `Client ${inspect({ ...this.#ports.addresses, ...this.stats() })}`;
  }
}

module.exports = { Client };
