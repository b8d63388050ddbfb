'use strict';

/*
 * The error for an addon that cannot be loaded. `native.js` is generated, and its own error tells
 * people to delete their lock file, which seldom helps. This one says which platform this is, why
 * there is no addon for it, and what to do.
 */

const { HandlerSocketError } = require('../errors/index.js');

/**
 * The platforms that packages are published for: `napi.targets` of package.json, as the napi CLI
 * names them.
 */
const PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
];

/** @param {unknown} error  what loading native.js threw */
function noAddonError(error) {
  return new HandlerSocketError('ERR_HS_NO_ADDON', explain(error), { cause: error });
}

/** @param {unknown} error */
function explain(error) {
  if (Object(error).code === 'MODULE_NOT_FOUND') {
    return "The addon of hansock has not been built: run 'npm run build' in its folder.";
  }
  const messages = messagesOf(error);
  return `${findReason(messages, findPlatform(messages))} ${buildAdvice()}`;
}

/**
 * The messages of the generated loader's attempts, the first one first. The loader chains its
 * errors as causes.
 *
 * @param {unknown} error
 * @returns {string[]}
 */
function messagesOf(error) {
  const messages = [];
  for (let at = error; at instanceof Error; at = at.cause) messages.unshift(at.message);
  return messages;
}

/**
 * Finds the platform, with its C library, in the names of the files that the loader looked for.
 *
 * @param {string[]} messages
 */
function findPlatform(messages) {
  const platform = `${process.platform}-${process.arch}`;
  const file = new RegExp(`(?<=hansock[.-])${platform}[a-z-]*`);
  return messages.map((message) => file.exec(message)?.[0]).find(Boolean) ?? platform;
}

/**
 * @param {string[]} messages
 * @param {string} platform
 */
function findReason(messages, platform) {
  const failure = messages.find((message) => !/^(Cannot find|Unsupported)/.test(message));
  if (failure !== undefined) {
    return `The addon of hansock for ${platform} cannot be loaded: ${failure.split('\n')[0]}.`;
  }
  if (!PLATFORMS.includes(platform)) {
    return `hansock has no addon for this platform, ${platform}. It has one for ${PLATFORMS.join(', ')}.`;
  }
  return (
    `The package hansock-${platform}, which has the addon for this platform, is not installed. ` +
    'It is an optional dependency of hansock: install on the platform that the program runs on, ' +
    'with optional dependencies.'
  );
}

function buildAdvice() {
  const { repository } = require('../../package.json');
  return (
    `To build the addon from source, with Rust: clone ${repository.url.replace('git+', '')}, run ` +
    "'npm ci' and 'npm run build' there, and set NAPI_RS_NATIVE_LIBRARY_PATH to the full path of " +
    `the file hansock.*.node. docs/runtimes.md says more.`
  );
}

module.exports = { PLATFORMS, noAddonError };
