'use strict';

/**
 * Whether a server's version, such as `10.11.19-MariaDB-0+deb12u1`, is this one or later.
 * @param {string} version
 * @param {number} major
 * @param {number} minor
 * @param {number} [patch]
 */
function isAtLeast(version, major, minor, patch = 0) {
  const [ownMajor, ownMinor, ownPatch] = partsOf(version);
  if (ownMajor !== major) return ownMajor > major;
  if (ownMinor !== minor) return ownMinor > minor;
  return ownPatch >= patch;
}

/** @param {string} version */
function partsOf(version) {
  return (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
}

module.exports = { isAtLeast, partsOf };
