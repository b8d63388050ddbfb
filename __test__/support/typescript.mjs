/* Lets Node.js run TypeScript on versions before 22.18, which cannot do so by themselves. */

import module from 'node:module';
import process from 'node:process';

if (!process.features.typescript) module.register('./typescript-hooks.mjs', import.meta.url);
