/* Lets Node.js run TypeScript, where it cannot do so by itself: from 22.18 on it can. */

import module from 'node:module';
import process from 'node:process';

if (!process.features.typescript) module.register('./typescript-hooks.mjs', import.meta.url);
