'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { Worker } = require('node:worker_threads');

/*
 * Servers that follow a script, for what a real server cannot be made to do. They listen on a free
 * port of 127.0.0.1, unless the test names another address, and close when their test is over.
 */

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** One connection of a peer: what it received, and how it answers. All texts are byte strings. */
class Visitor {
  /** Everything received. */
  received = '';
  /** The received chunks. */
  chunks = [];
  #wanted = [];

  constructor(socket) {
    this.socket = socket;
    // The other side may reset, because the scripts provoke it.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.chunks.push(text);
      this.received += text;
      this.#wanted = this.#wanted.filter((check) => !check());
    });
  }

  /** The lines received, once there are `count` of them. */
  lines(count) {
    return new Promise((resolve) => {
      const check = () => {
        const lines = this.received.split('\n').slice(0, -1);
        if (lines.length < count) return false;
        resolve(lines);
        return true;
      };
      if (!check()) this.#wanted.push(check);
    });
  }

  /** Resolves when the bytes are handed to the kernel. */
  send(text) {
    return new Promise((resolve) => this.socket.write(Buffer.from(text, 'latin1'), resolve));
  }

  end() {
    this.socket.end();
  }

  reset() {
    this.socket.resetAndDestroy();
  }
}

/**
 * A server that calls `serve` for each connection, with its ordinal.
 * @param {import('node:test').TestContext} context
 * @param {(visitor: Visitor, ordinal: number) => unknown} serve
 * @param {net.ListenOptions} [where]
 */
async function startPeer(context, serve, where = LOOPBACK) {
  const visitors = [];
  const waiting = [];
  const server = net.createServer({ noDelay: true }, (socket) => {
    const visitor = new Visitor(socket);
    visitors.push(visitor);
    waiting[visitors.length - 1]?.(visitor);
    serve(visitor, visitors.length - 1);
  });
  server.listen(where);
  await once(server, 'listening');
  context.after(() => {
    for (const { socket } of visitors) socket.destroy();
    server.close();
  });
  const { address, port } = server.address();
  return {
    port,
    address: `${address}:${port}`,
    visitors,
    /** Accepts no more connections. */
    refuse: () => server.close(),
    /** The visitor of that ordinal, once there is one. */
    visitor: (ordinal) =>
      visitors[ordinal] ??
      new Promise((resolve) => {
        waiting[ordinal] = resolve;
      }),
  };
}

/** Answers each line by `reply`, or not at all if that is undefined. */
function answer(reply) {
  return (visitor) => {
    let answered = 0;
    visitor.socket.on('data', () => {
      const lines = visitor.received.split('\n').slice(0, -1);
      const replies = lines.slice(answered).map((line, i) => reply(line, answered + i));
      answered = lines.length;
      visitor.send(replies.filter((text) => text !== undefined).join(''));
    });
  };
}

/** Reads and never answers. */
function silence() {}

/** A server that answers every command with the values `fine` and the command's first token. */
function startHealthyPeer(context) {
  return startPeer(
    context,
    answer((line) => `0\t2\tfine\t${line.split('\t')[0]}\n`),
  );
}

/**
 * A listener with a full queue, whose thread sleeps, so that a connect to it does not complete.
 * `wake` makes it accept all connections and answer every line with `0 1`.
 * @param {import('node:test').TestContext} context
 * @param {net.ListenOptions} [where]
 */
async function startFullPeer(context, where = LOOPBACK) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(`(${sleepAndServe})()`, { eval: true, workerData: { gate, where } });
  const [{ address, port }] = await once(worker, 'message');
  const wake = () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  };
  // A queue of length 1 is full when it holds two.
  const queued = [];
  for (let i = 0; i < 2; i++) {
    const socket = net.connect({ ...where, port });
    queued.push(socket.on('error', () => {}));
    await once(socket, 'connect');
  }
  context.after(async () => {
    for (const socket of queued) socket.destroy();
    wake();
    await worker.terminate();
  });
  return where.path === undefined
    ? { port, address: `${address}:${port}`, wake }
    : { address: `unix:${where.path}`, wake };
}

/** Runs in its own thread. */
function sleepAndServe() {
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const byte of data) if (byte === 0x0a) socket.write('0\t1\n');
    });
  });
  const { gate, where } = workerData;
  server.listen({ ...where, backlog: 1 }, () => {
    parentPort.postMessage(server.address());
    Atomics.wait(gate, 0, 0);
  });
}

/**
 * An address where nobody listens or can begin to, since an outgoing connection has the port.
 * @param {import('node:test').TestContext} context
 */
async function refusingAddress(context) {
  const peer = await startPeer(context, silence);
  const socket = net.connect(peer.port, '127.0.0.1');
  await once(socket, 'connect');
  context.after(() => socket.destroy());
  return `127.0.0.1:${socket.localPort}`;
}

module.exports = {
  answer,
  refusingAddress,
  silence,
  startFullPeer,
  startHealthyPeer,
  startPeer,
};
