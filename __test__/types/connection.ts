import { Batch, Connection, type ConnectionOptions } from 'hansock';
import { exactly } from './exactly.js';

new Connection();
new Connection('127.0.0.1:9998');
new Connection('unix:/run/hs.sock', { secret: 's', handshake: new Batch(), maxReplyBytes: 1024 });
new Connection({ host: 'db', port: 9999 });
new Connection({ path: '/run/hs.sock' });
const options: ConnectionOptions = {};
const connection = new Connection(options);

exactly<string>()(connection.address);
exactly<'closed' | 'connecting' | 'connected' | 'aborted'>()(connection.state);
exactly<number>()(connection.generation);
exactly<void>()(connection.close());

// @ts-expect-error: the port is in the address
new Connection('127.0.0.1', { port: 9998 });
// @ts-expect-error: the host is in the address
new Connection('127.0.0.1', { host: 'db' });
// @ts-expect-error: an address is not a number
new Connection(9998);
// @ts-expect-error: a port is a number
new Connection({ port: '9998' });
// @ts-expect-error: only a Client takes a function as secret
new Connection({ secret: () => 's' });
// @ts-expect-error: no such option
new Connection({ timeout: 1 });
// @ts-expect-error: a handshake is a batch
new Connection({ handshake: 'P\t0\tt\tt\tPRIMARY\ta\n' });
// @ts-expect-error: the property is read-only
connection.generation = 0;
