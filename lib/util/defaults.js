'use strict';

/** The default server; HandlerSocket's documentation has these ports. */
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_READ_PORT = 9998;
const DEFAULT_WRITE_PORT = 9999;

/** The longest delay of Node.js's timers. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Busy polling does not shorten longer waits by much. */
const MAX_BUSY_POLL_MICROSECONDS = 1000;

module.exports = {
  MAX_BUSY_POLL_MICROSECONDS,
  DEFAULT_HOST,
  DEFAULT_READ_PORT,
  DEFAULT_WRITE_PORT,
  MAX_TIMEOUT_MS,
};
