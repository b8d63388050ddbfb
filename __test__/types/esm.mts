/** Imports from an ES module: by name, as a whole, and as the default. */

import * as whole from 'hansock';
import hansock, { Batch, type Ketama, type Reply, type ServerError } from 'hansock';
import { startServer, type TestServer } from 'hansock/testing';
import { exactly } from './exactly.js';

exactly<readonly Reply[]>()(new Batch().replies);
exactly<typeof Ketama>()(hansock.Ketama);
exactly<typeof Ketama>()(whole.Ketama);
exactly<typeof ServerError>()(whole.ServerError);
exactly<Promise<TestServer>>()(startServer());

// @ts-expect-error: the addon is not exported
import('hansock/native.js');
// @ts-expect-error: the files of lib are not exported
import('hansock/lib/batch.js');
