'use strict';

/**
 * Measures what a process takes from now on: time, CPU and event-loop utilisation.
 *
 * @returns {() => { seconds: number, cpuMicroseconds: number, utilisation: number }}
 */
function startUsage() {
  const loopBefore = performance.eventLoopUtilization();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      seconds: (performance.now() - start) / 1000,
      cpuMicroseconds: user + system,
      utilisation: performance.eventLoopUtilization(loopBefore).utilization,
    };
  };
}

module.exports = { startUsage };
