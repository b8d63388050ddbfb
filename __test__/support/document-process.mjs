// Loaded before each program of README.md and docs/: redirects the addresses that they name to
// throwaway servers, and sets the names that the page's set-up provides. The program itself is
// unchanged.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';

const { folder, setUp, program, ports } = JSON.parse(process.env.DOCUMENT);
const require = createRequire(path.join(folder, 'program.js'));

leadHandlerSocket();
redirectSql();
const hansock = require('hansock');
const { given } = setUp === null ? {} : (require(setUp).programs?.[program] ?? {});
Object.assign(globalThis, await given?.({ hansock }), { underTest: { assert, hansock } });

function leadHandlerSocket() {
  const native = require(path.join(folder, 'node_modules/hansock/lib/util/native.js'));
  native.Connection = class extends native.Connection {
    constructor(options) {
      const { address, host, port } = options;
      const elsewhere = ports[address ?? `${host}:${port}`];
      super(elsewhere === undefined ? options : { ...options, address: `127.0.0.1:${elsewhere}` });
    }
  };
}

/** Redirects mysql2's connects to the throwaway servers. */
function redirectSql() {
  const { connect } = net;
  net.connect = (port, host, ...others) => {
    const elsewhere = ports[`${host}:${port}`];
    if (elsewhere === undefined) return connect(port, host, ...others);
    return connect(elsewhere, '127.0.0.1', ...others);
  };
}
