'use strict';

/*
 * Loads this package and does nothing else, or does nothing at all:
 *
 *   node load.js <hansock | nothing>
 */

if (process.argv[2] === 'hansock') require('../..');

const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1000, memory: maxRSS * 1024 }));
