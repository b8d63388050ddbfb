'use strict';

const { showKind } = require('../util/show.js');
const { HOST, pathsIn } = require('./configuration.js');
const { killForGood, startAgain } = require('./boot.js');
const { runSql } = require('./sql.js');
const { keepingProcessAlive } = require('./keep-alive.js');

/**
 * @typedef {object} Started
 * @property {import('./boot.js').GuardedFolder} folder
 * @property {import('./settings.js').Settings} settings
 * @property {import('./programs.js').Programs} programs
 * @property {import('./configuration.js').Ports} ports
 * @property {import('./boot.js').GroupLeader} server
 */

/**
 * See index.d.ts. `kill` and `start` may alternate until `stop`; the three run one after the other.
 */
class TestServer {
  #folder;
  #programs;
  #ports;
  #server;
  /** kill, start and stop run one after the other. @type {Promise<unknown>} */
  #lastOperation = Promise.resolve();
  /** @type {Promise<void> | undefined} */
  #stopped;

  /** @param {Started} started */
  constructor({ folder, settings, programs, ports, server }) {
    this.#folder = folder;
    this.#programs = programs;
    this.#ports = ports;
    this.#server = server;
    this.host = HOST;
    this.port = ports.read;
    this.writePort = ports.write;
    this.sqlPort = ports.sql;
    this.socketPath = pathsIn(folder.path).socket;
    this.secret = settings.secret;
    this.writeSecret = settings.writeSecret;
  }

  get pid() {
    return this.#server.pid;
  }

  /** @param {string} statement */
  async sql(statement) {
    if (typeof statement !== 'string') {
      throw new TypeError(
        `TestServer.sql: the statement must be a string, not ${showKind(statement)}`,
      );
    }
    this.#checkNotStopped('sql');
    const { ending, pid } = this.#server;
    if (ending !== null) {
      throw new Error(
        `TestServer.sql: the server is not running, process ${pid} ${ending}. ` +
          'Call start() to bring it back.',
      );
    }
    return runSql(this.#programs.client, this.socketPath, statement);
  }

  async kill() {
    this.#checkNotStopped('kill');
    return this.#inTurn(() => killForGood(this.#server, this.#ports));
  }

  async start() {
    this.#checkNotStopped('start');
    return this.#inTurn(async () => {
      if (this.#server.ending === null) {
        throw new Error(
          `TestServer.start: the server is running already, as process ${this.pid}. ` +
            'start() is for after kill().',
        );
      }
      this.#server = await startAgain(this.#folder, this.#programs, this.#ports);
    });
  }

  stop() {
    this.#stopped ??= this.#inTurn(async () => {
      await this.#server.kill();
      await this.#folder.remove();
    });
    return this.#stopped;
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  /** @param {string} call */
  #checkNotStopped(call) {
    if (this.#stopped !== undefined) {
      throw new Error(
        `TestServer.${call}: this server was stopped and its data are gone. ` +
          'Start another one with startServer().',
      );
    }
  }

  /**
   * @param {() => Promise<void>} operation
   * @returns {Promise<void>}
   */
  #inTurn(operation) {
    const previous = this.#lastOperation;
    const result = keepingProcessAlive(() => previous.then(operation, operation));
    this.#lastOperation = result;
    return result;
  }
}

module.exports = { TestServer };
