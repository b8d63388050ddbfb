'use strict';

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { inspect } = require('node:util');

const { Batch, Client, Connection, Executor, Ketama, ShardedClient } = require('..');
const { readSettings } = require('../lib/testing/settings.js');

/** It is not a valid host name. */
const SECRET = 'open/sesame hunter2';
const DIGITS = 987_654_321_012;
const MARKS = [SECRET, String(DIGITS), 'hunter2'];

/** Values that hold a secret, given in a wrong place. */
const SHAPES = {
  text: () => SECRET,
  'a text of digits': () => String(DIGITS),
  'a number': () => DIGITS,
  'a negative number': () => -DIGITS,
  'a bigint': () => BigInt(DIGITS),
  'a symbol': () => Symbol(SECRET),
  'a String object': () => Object(SECRET),
  bytes: () => Buffer.from(SECRET),
  'an array': () => [SECRET],
  'an array in an array': () => [[SECRET]],
  'an array of digits': () => [DIGITS],
  'an object': () => ({ secret: SECRET }),
  'an object in an array': () => [{ host: SECRET, port: DIGITS }],
  'an object that says it': () => ({ toString: () => SECRET, valueOf: () => SECRET }),
  'an object that shows it': () => ({ [inspect.custom]: () => SECRET }),
  'an object whose class it seems to be': () => ({ constructor: { name: SECRET } }),
  'an object that is tagged by it': () => ({ [Symbol.toStringTag]: SECRET }),
  'a Map': () => new Map([[SECRET, SECRET]]),
  'a Set': () => new Set([SECRET]),
  'an Error': () => new Error(SECRET, { cause: new Error(SECRET) }),
  'a function': () => Object.defineProperty(() => SECRET, 'name', { value: SECRET }),
  'a promise': () => Promise.resolve(SECRET),
  'a proxy': () => new Proxy({ secret: SECRET }, {}),
};

/** All texts that a program, a debugger or a log makes of an error. */
function textsOf(error) {
  if (!(error instanceof Error)) return [inspect(error)];
  return [
    error.message,
    String(error),
    String(error.stack),
    JSON.stringify(error),
    JSON.stringify({ ...error }),
    inspect(error, { depth: Infinity, showHidden: true, getters: true }),
    ...(error.cause === undefined ? [] : textsOf(error.cause)),
    ...(error.errors ?? []).flatMap(textsOf),
  ];
}

/** The error of a call; undefined if there is none. */
async function errorOf(call) {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Tests that a call with each option in each shape does not show the secret in its error. */
function describeMisplaced(name, options, call, base = {}) {
  describe(name, () => {
    for (const option of options) {
      test(option, async () => {
        let failures = 0;
        for (const [title, make] of Object.entries(SHAPES)) {
          const error = await errorOf(() => call({ ...base, [option]: make() }));
          if (error === undefined) continue;
          failures++;
          for (const text of textsOf(error)) {
            const told = MARKS.find((mark) => text.includes(mark));
            assert.equal(told, undefined, `${title} is told: ${text}`);
          }
        }
        // One shape may be valid; the others are not.
        assert.ok(failures > 0);
      });
    }
  });
}

const CONNECTION = ['host', 'port', 'path', 'secret', 'handshake', 'maxReplyBytes', 'maxQueued'];
const PLACE = ['host', 'port', 'writePort', 'path', 'writePath', 'secret', 'writeSecret'];
const COUNTS = [
  ...['connections', 'writeConnections', 'timeoutMs', 'maxPending', 'idleTimeoutMs'],
  'traceValues',
];
const TARGET = ['database', 'table', 'index', 'columns', 'filterColumns'];
const target = { database: 'd', table: 't', columns: ['a', 'b'] };

/** Whether the option is an address, which errors name. */
function isAddress({ host, path }) {
  return typeof path === 'string' || host === String(DIGITS);
}

/** A call of a client that fails when it connects, at the latest. */
async function callOf(client, where = target) {
  try {
    await client.openIndex(where).get(1);
  } finally {
    await client.close();
  }
}

describe('a secret in the place of', () => {
  describeMisplaced('an option of a Connection:', CONNECTION, (options) => new Connection(options));
  describeMisplaced(
    'an option beside an address:',
    CONNECTION,
    (options) => new Connection('a:1', options),
  );
  describeMisplaced('the address or the options:', ['given'], ({ given }) => new Connection(given));
  describeMisplaced('the options beside an address:', ['given'], ({ given }) => {
    return new Connection('a:1', given);
  });

  describeMisplaced('an option of a Client:', [...PLACE, ...COUNTS], async (options) => {
    if (isAddress(options)) return;
    await callOf(new Client({ timeoutMs: 1, ...options }));
  });
  describeMisplaced('the options of a Client:', ['given'], ({ given }) => new Client(given));

  const servers = [{ host: 'a' }];
  const ofAll = ['servers', 'reads', 'onServerDown', ...PLACE, ...COUNTS];
  describeMisplaced(
    'an option of a ShardedClient:',
    ofAll,
    (options) => new ShardedClient(options),
    { servers },
  );
  describeMisplaced(
    'an option of a server:',
    [...PLACE, 'weight', 'replicas'],
    (server) => new ShardedClient({ servers: [server, server] }),
  );
  describeMisplaced(
    'an option of a replica:',
    ['host', 'port', 'path', 'secret'],
    async (replica) => {
      if (isAddress(replica)) return;
      const options = { servers: [{ host: 'a', replicas: [replica] }], reads: 'replica' };
      await callOf(new ShardedClient({ ...options, timeoutMs: 1 }), { ...target, shardBy: ['a'] });
    },
  );
  describeMisplaced('the options of a ShardedClient:', ['given'], ({ given }) => {
    return new ShardedClient(given);
  });

  describeMisplaced('an option of a Ketama server:', ['host', 'port', 'weight'], (server) => {
    return new Ketama([{ host: 'a', ...server }]);
  });
  describeMisplaced('the servers of a Ketama:', ['given'], ({ given }) => new Ketama(given));
  describeMisplaced('the other ring:', ['given'], ({ given }) => new Ketama().moved(given, []));
  describeMisplaced('an argument of addServer:', ['host', 'port', 'weight'], (server) => {
    return new Ketama().addServer(server.host ?? 'a', server.port ?? 1, server.weight);
  });

  describeMisplaced(
    'a part of an index:',
    [...TARGET, 'types', 'keyColumns'],
    (place) => new Client().openIndex(place),
    target,
  );
  describeMisplaced('the type of a column:', ['a'], (types) => {
    return new Client().openIndex({ ...target, types });
  });
  describeMisplaced(
    'a part of a sharded index:',
    [...TARGET, 'types', 'keyColumns', 'shardBy', 'shardKey'],
    (place) => new ShardedClient({ servers }).openIndex(place),
    { ...target, shardBy: ['a'] },
  );
  describeMisplaced('a part of an index of a Batch:', TARGET, (place) => {
    return new Batch().openIndex(0, { ...target, ...place });
  });
  describeMisplaced('an index:', ['given'], ({ given }) => new Client().openIndex(given));

  describeMisplaced(
    'an option of startServer:',
    ['secret', 'writeSecret', 'threads', 'sql', 'config'],
    readSettings,
  );
  describeMisplaced('a setting of startServer:', ['wait_timeout', SECRET], (config) => {
    return readSettings({ config });
  });

  describeMisplaced('a connection or a batch:', ['connection', 'batch'], (given) => {
    return new Executor().add(given.connection ?? new Connection(), given.batch ?? new Batch());
  });
  describeMisplaced('bytes of a batch:', ['bytes'], ({ bytes }) => new Batch().write(bytes));
  describeMisplaced('a secret of a batch:', ['secret'], ({ secret }) => new Batch().auth(secret));
});
