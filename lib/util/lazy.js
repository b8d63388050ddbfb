'use strict';

/**
 * Returns a function that loads modules when it is first called. `require('hansock')` loads only
 * what its classes are declared with; the first instance of a class loads the rest.
 *
 * The modules are remembered here and not only in require's cache, which test runners and hot
 * reloads clear: private fields and `instanceof` work only among modules that were loaded together.
 * So whatever an object needs is loaded at once, with the first object of its kind.
 * @template T
 * @param {() => T} load
 * @returns {() => T}
 */
function lazy(load) {
  /** @type {T | undefined} */
  let loaded;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

module.exports = { lazy };
