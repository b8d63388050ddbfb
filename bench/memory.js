'use strict';

const fs = require('node:fs');

/** Resident memory of this process, in bytes. */
function residentMemory() {
  return bytesOf('VmRSS');
}

/** Peak resident memory since the process began, or since forgetPeak(). */
function peakMemory() {
  return bytesOf('VmHWM');
}

function forgetPeak() {
  fs.writeFileSync('/proc/self/clear_refs', '5');
}

/** @param {string} name  of a line that Linux has in kibibytes */
function bytesOf(name) {
  const status = fs.readFileSync('/proc/self/status', 'latin1');
  return 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
}

module.exports = { residentMemory, peakMemory, forgetPeak };
