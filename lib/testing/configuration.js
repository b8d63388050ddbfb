'use strict';

const path = require('node:path');
const { plainName } = require('./settings.js');

/**
 * @typedef {object} Ports
 * @property {number} read
 * @property {number} write
 * @property {number} sql
 */

/** HandlerSocket and SQL both listen here only. */
const HOST = '127.0.0.1';

/**
 * Small files, and no wait for the disk. The kernel has the data, so they outlive a killed server,
 * but not the machine. Native AIO is off, since many servers at once soon reach its kernel-wide
 * limits.
 *
 * @type {readonly [string, string | number][]}
 */
const STORAGE = [
  ['innodb_log_file_size', '4M'],
  ['innodb_buffer_pool_size', '8M'],
  ['innodb_flush_method', 'nosync'],
  ['innodb_use_native_aio', 0],
  ['sync_frm', 0],
  ['loose_debug_no_sync', 1],
];

/** Options of this kind have to be known when the data folder is made. */
const SHAPES_DATA_FOLDER = /^(innodb_|aria_|lower_case_table_names$)/;

/** @param {string} folder */
function pathsIn(folder) {
  return {
    data: path.join(folder, 'data'),
    configuration: path.join(folder, 'my.cnf'),
    socket: path.join(folder, 'sql.sock'),
    serverLog: path.join(folder, 'server.log'),
    installLog: path.join(folder, 'install.log'),
  };
}

/**
 * Paths are relative to the folder, since the installer, a shell script, fails on spaces in an
 * absolute path.
 *
 * @param {import('./settings.js').Settings} settings
 * @returns {string[]} Arguments of mariadb-install-db.
 */
function installArguments(settings) {
  const fromConfig = [...settings.config].filter(([name]) =>
    SHAPES_DATA_FOLDER.test(plainName(name)),
  );
  return [
    '--no-defaults',
    '--datadir=./data',
    '--skip-test-db',
    '--skip-name-resolve',
    '--auth-root-authentication-method=normal',
    ...(runsAsRoot() ? ['--user=root'] : []),
    ...[...STORAGE, ...fromConfig].map(([name, value]) => `--${name}=${value}`),
  ];
}

/**
 * @param {string} folder
 * @param {import('./settings.js').Settings} settings
 * @param {Ports} ports
 * @returns {string} The server's option file.
 */
function configurationText(folder, settings, ports) {
  /** @type {(readonly [string, string | number])[]} */
  const lines = [
    ...(runsAsRoot() ? [/** @type {const} */ (['user', 'root'])] : []),
    ['datadir', pathsIn(folder).data],
    ['socket', pathsIn(folder).socket],
    ['pid_file', path.join(folder, 'mariadbd.pid')],
    ['bind_address', HOST],
    ['port', ports.sql],
    ['skip_name_resolve', 1],
    ['character_set_server', 'utf8mb4'],
    ['performance_schema', 'OFF'],
    ...STORAGE,
    // 2, not 0, so that committed rows outlive a killed server.
    ['innodb_flush_log_at_trx_commit', 2],
    // A test that forgets an open index then gets an error from its ALTER TABLE, instead of waiting
    // for a day.
    ['lock_wait_timeout', 3],
    ['innodb_lock_wait_timeout', 2],
    ['plugin_maturity', 'beta'],
    ['plugin_load_add', 'handlersocket'],
    // Without the prefix loose_, so that a server without the plugin ends with an error.
    ['handlersocket_address', HOST],
    ['handlersocket_port', ports.read],
    ['handlersocket_port_wr', ports.write],
    ['handlersocket_threads', settings.threads],
    ['handlersocket_plain_secret', settings.secret],
    ['handlersocket_plain_secret_wr', settings.writeSecret],
    ...settings.config,
  ];
  return `[mariadbd]\n${lines.map(configurationLine).join('')}`;
}

/** @param {readonly [string, string | number]} line */
function configurationLine([name, value]) {
  return `${name} = ${typeof value === 'number' ? value : quote(value)}\n`;
}

/** @param {string} value */
function quote(value) {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return value === '' ? '' : `"${escaped}"`;
}

function runsAsRoot() {
  return process.getuid?.() === 0;
}

module.exports = { HOST, pathsIn, installArguments, configurationText };
