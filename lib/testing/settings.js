'use strict';

const crypto = require('node:crypto');
const { checkNames, checkOptions } = require('../util/check.js');
const { showKind } = require('../util/show.js');

const OPTIONS = ['secret', 'writeSecret', 'threads', 'sql', 'config'];

/**
 * @typedef {object} Settings The options of startServer, checked and complete.
 * @property {string} secret
 * @property {string} writeSecret
 * @property {number} threads
 * @property {string} sql Empty for none.
 * @property {ReadonlyMap<string, string | number>} config
 */

/**
 * @param {import('./index.d.ts').StartServerOptions} [options]
 * @returns {Settings}
 */
function readSettings(options = {}) {
  checkNames(checkOptions(options, 'options'), 'options', OPTIONS);
  const secret = readSecret('secret', options.secret ?? crypto.randomBytes(16).toString('hex'));
  return {
    secret,
    writeSecret: readSecret('writeSecret', options.writeSecret ?? secret),
    threads: readThreads(options.threads ?? 2),
    sql: readSql(options.sql ?? []),
    config: readConfig(options.config ?? {}),
  };
}

/**
 * @param {string} option
 * @param {unknown} value
 */
function readSecret(option, value) {
  if (typeof value !== 'string') {
    throw new TypeError(`startServer: ${option} must be a string, not ${showKind(value)}`);
  }
  if (/[\x00-\x0f]/.test(value)) {
    throw new TypeError(
      `startServer: ${option} holds a character below U+0010. The protocol escapes these, but ` +
        'the server compares secrets before it unescapes, so it would never match: leave them out.',
    );
  }
  return value;
}

/** @param {unknown} value */
function readThreads(value) {
  if (!Number.isSafeInteger(value) || /** @type {number} */ (value) < 1) {
    throw new TypeError(
      `startServer: threads must be a whole number from 1, not ${showKind(value)}`,
    );
  }
  return /** @type {number} */ (value);
}

/** @param {unknown} value */
function readSql(value) {
  const statements = Array.isArray(value) ? value : [value];
  const wrong = statements.find((statement) => typeof statement !== 'string');
  if (wrong !== undefined) {
    throw new TypeError(
      `startServer: sql must be a string or an array of strings, not ${showKind(wrong)}`,
    );
  }
  // The semicolon has its own line, since a statement may end with a comment.
  return statements.join('\n;\n');
}

/** @param {unknown} value */
function readConfig(value) {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`startServer: config must be an object, not ${showKind(value)}`);
  }
  for (const [name, setting] of Object.entries(value)) checkConfigLine(name, setting);
  return new Map(Object.entries(value));
}

/**
 * @param {string} name
 * @param {unknown} setting
 */
function checkConfigLine(name, setting) {
  if (!/^[A-Za-z][\w.-]*$/.test(name)) {
    throw new TypeError('startServer: config has a name that no server setting can have');
  }
  if (typeof setting !== 'string' && !Number.isFinite(setting)) {
    throw new TypeError(
      `startServer: config.${name} must be a string or a finite number, not ${showKind(setting)}`,
    );
  }
  const instead = CHOSEN_HERE[plainName(name)];
  if (instead !== undefined) {
    throw new TypeError(`startServer: config.${name} cannot be set: ${instead}`);
  }
}

/**
 * Settings that startServer chooses. Overriding them would make the fields of TestServer wrong.
 *
 * @type {Record<string, string>}
 */
const CHOSEN_HERE = {
  handlersocket_address: 'the server listens on 127.0.0.1, see TestServer.host',
  handlersocket_port: 'a free port is chosen, see TestServer.port',
  handlersocket_port_wr: 'a free port is chosen, see TestServer.writePort',
  handlersocket_plain_secret: 'use the option secret',
  handlersocket_plain_secret_wr: 'use the option writeSecret',
  port: 'a free port is chosen, see TestServer.sqlPort',
  socket: 'it stands in the temporary folder, see TestServer.socketPath',
  datadir: 'it stands in the temporary folder',
  log_error: 'the log goes into the temporary folder',
};

/**
 * The name of a setting as the server reads it: `-` is `_`, and the prefix `loose_` is ignored.
 *
 * @param {string} name
 */
function plainName(name) {
  return name
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^loose_/, '');
}

module.exports = { readSettings, plainName };
