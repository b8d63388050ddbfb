import { Ketama } from 'hansock';
import { exactly } from './exactly.js';

const servers = [{ host: 'a' }, { host: 'b', port: 9998, weight: 2 }] as const;
const ring = new Ketama(servers).addServer('c', 9998).addServer('d', 9998, 3).createContinuum();
new Ketama();

exactly<Ketama>()(ring);
exactly<number>()(ring.getServerOrdinal('key'));
exactly<number>()(ring.getServerOrdinal(Buffer.from('key')));
exactly<string>()(ring.getServerAddress(0));
exactly<string>()(ring.getServer('key'));
exactly<number>()(ring.pointCount);

// @ts-expect-error: a server has a host
new Ketama([{ port: 9998 }]);
// @ts-expect-error: servers are objects
new Ketama(['a:9998']);
// @ts-expect-error: addServer needs the port
ring.addServer('a');
// @ts-expect-error: keys are text or bytes
ring.getServer(42);
