/** From a CommonJS module in TypeScript. */

import hansock = require('hansock');
import testing = require('hansock/testing');

import type { Executor } from 'hansock';
import { exactly } from './exactly.js';

exactly<typeof Executor>()(hansock.Executor);
exactly<Promise<testing.TestServer>>()(testing.startServer());
const batch: hansock.Batch = new hansock.Batch();
exactly<hansock.Reply[]>()([...batch]);
