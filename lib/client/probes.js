'use strict';

const { Command } = require('../protocol/command.js');
const { ServerError } = require('../errors/index.js');
const { Request } = require('./pipeline/call.js');
const { replyOf } = require('./rows/results.js');

/*
 * Requests that touch no row: they ask whether a port answers, and whether an index can be opened.
 *
 * The server refuses a find with an empty key in a fixed order: first if no index is open under its
 * id (`stmtnum`), then for its key (`klen`). So the reason tells whether the index is open.
 */

const EMPTY_FIND = '\t=\t0';
const IS_OPEN = 'klen';

/** @type {any} */
const NO_INDEX = null;

/**
 * Opens an index.
 * @param {import('./instances').Definition} definition
 */
function probe(definition) {
  return new Request(definition, new Command(EMPTY_FIND));
}

/**
 * Requests any reply, under an id that no index ever has. Unlike an empty line, which the server
 * answers to anybody, this needs the secret.
 */
function ping() {
  return new Request(NO_INDEX, new Command(EMPTY_FIND));
}

/**
 * Throws the error that keeps an index from being opened, or a port from answering.
 * @param {import('./pipeline/call.js').Outcome} outcome
 */
function readProbe(outcome) {
  if (outcome instanceof ServerError && outcome.serverMessage === IS_OPEN) return;
  replyOf(outcome);
}

module.exports = { ping, probe, readProbe };
