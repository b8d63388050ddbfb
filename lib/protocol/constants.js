'use strict';

/* The bytes that have a meaning in the protocol. */

const TAB = 0x09;
const LINE_FEED = 0x0a;
/** Precedes a byte with a meaning, to which ESCAPE_OFFSET is added. */
const ESCAPE = 0x01;
const ESCAPE_OFFSET = 0x40;
/** The first byte that needs no escape. */
const FIRST_PLAIN = 0x10;
const ZERO = 0x30;
/** SQL NULL, as a token of its own. */
const NULL = '\0';

module.exports = { TAB, LINE_FEED, ESCAPE, ESCAPE_OFFSET, FIRST_PLAIN, ZERO, NULL };
