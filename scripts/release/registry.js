'use strict';

/*
 * A registry on loopback for the rehearsal: `node registry.js <storage> <uplink>`. Prints its port
 * once it listens, and ends with its standard input. Anybody may publish `hansock` and its
 * platforms' packages; all other packages come from the uplink.
 */

const fs = require('node:fs');
const path = require('node:path');
const { TOOLS } = require('../tools.js');

async function serve() {
  const [storage, uplink] = process.argv.slice(2);
  fs.mkdirSync(storage, { recursive: true });
  const { runServer } = require(path.join(TOOLS, 'node_modules/verdaccio'));
  const server = await runServer({
    storage,
    self_path: storage,
    uplinks: { uplink: { url: uplink } },
    packages: {
      hansock: { access: '$all', publish: '$anonymous' },
      'hansock-*': { access: '$all', publish: '$anonymous' },
      '**': { access: '$all', proxy: 'uplink' },
    },
    web: { enable: false },
    log: { type: 'file', path: path.join(storage, 'log'), level: 'warn' },
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.stdin.resume().once('end', () => process.exit());
}

serve();
