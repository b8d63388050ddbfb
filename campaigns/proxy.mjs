/* The cutting proxy of cut.mjs, which forks it. It uses only Node.js's own modules. */

import { once } from 'node:events';
import net from 'node:net';
import { Random } from '../__test__/support/random.js';

function serveProxy({ seed, read, write }) {
  const random = new Random(seed);
  const cuts = {};
  const listen = (port) => {
    const listener = net.createServer({ noDelay: true }, (client) =>
      proxyOne(client, port, random, cuts),
    );
    return once(listener.listen(0, '127.0.0.1'), 'listening').then(() => listener.address().port);
  };
  Promise.all([listen(read), listen(write)]).then(([port, writePort]) => {
    process.send({ port, writePort });
    process.on('message', () => process.send(cuts));
    process.on('disconnect', () => process.exit());
  });
}

/** One in ten connections stays; the others end after some bytes in one direction. */
function proxyOne(client, port, random, cuts) {
  const upstream = net.connect({ port, host: '127.0.0.1', noDelay: true });
  for (const socket of [client, upstream]) socket.on('error', () => {});
  const side = random.chance(0.1) ? 'none' : random.pick(['up', 'down']);
  const how = random.pick(['end', 'reset', 'end later', 'reset later']);
  const limit = { up: Infinity, down: Infinity, [side]: random.logarithmic(200_000) };
  let isCut = false;
  const cut = () => {
    isCut = true;
    cuts[`${side} ${how}`] = (cuts[`${side} ${how}`] ?? 0) + 1;
    const end = () => {
      if (how.startsWith('end')) for (const socket of [client, upstream]) socket.end();
      else for (const socket of [client, upstream]) socket.resetAndDestroy();
    };
    if (how.endsWith('later')) setTimeout(end, random.integer(1, 60));
    else end();
  };
  const forward = (from, to, direction) => {
    from.on('data', (data) => {
      if (isCut) return;
      const part = data.subarray(0, limit[direction]);
      limit[direction] -= part.length;
      // Sends in pieces, so that replies arrive in parts.
      const middle = random.chance(0.5) ? random.integer(0, part.length) : part.length;
      to.write(part.subarray(0, middle));
      if (middle < part.length) to.write(part.subarray(middle));
      if (limit[direction] === 0) cut();
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroySoon());
  };
  forward(client, upstream, 'up');
  forward(upstream, client, 'down');
}

serveProxy(JSON.parse(process.argv[2]));
