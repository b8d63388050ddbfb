'use strict';

/*
 * Computes until it is killed, or its parent has ended:
 *
 *   node busy-loop.js <process id of the parent>
 */

const TURNS = 10_000_000;

const parent = Number(process.argv[2]);
while (process.ppid === parent) {
  for (let turn = 0; turn < TURNS; turn++);
}
