'use strict';

/*
 * Colours for light and dark pages: blue for this package, orange for Redis, greys for the others.
 */

const LIGHT = {
  paper: '#ffffff',
  edge: '#d8dee4',
  text: '#1f2328',
  note: '#59636e',
  own: '#0969da',
  redis: '#bc4c00',
  peer: '#8c959f',
};
const DARK = {
  paper: '#0d1117',
  edge: '#30363d',
  text: '#e6edf3',
  note: '#9198a1',
  own: '#4493f8',
  redis: '#f0883e',
  peer: '#768390',
};

const STYLE = `
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
  .title { font-size: 19px; font-weight: 600; }
  .note, .tick, .figure { font-size: 12px; }
  .panel { font-size: 14px; font-weight: 600; }
  .label { font-size: 13px; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .grid, .line, .whisker { fill: none; }
  .line { stroke-width: 2; }
  .whisker { stroke-width: 1.5; }
  .own .label, .own .figure { font-weight: 600; }${coloured(LIGHT)}
  @media (prefers-color-scheme: dark) {${coloured(DARK)}
  }`;

/** @param {typeof LIGHT} colours */
function coloured({ paper, edge, text, note, own, redis, peer }) {
  const marks = Object.entries({ own, redis, peer }).map(
    ([kind, colour]) => `
  .${kind} .line, .${kind} .whisker { stroke: ${colour}; }
  .${kind} .dot, .${kind} .bar { fill: ${colour}; }`,
  );
  return `
  text { fill: ${text}; }
  .note, .tick, .peer text { fill: ${note}; }
  .own text { fill: ${own}; }
  .redis text { fill: ${redis}; }
  .paper { fill: ${paper}; stroke: ${edge}; }
  .grid { stroke: ${edge}; }${marks.join('')}`;
}

/** @param {string} label  of a client */
function kindOf(label) {
  if (label.startsWith('hansock')) return 'own';
  return /redis|valkey/.test(label) ? 'redis' : 'peer';
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

module.exports = { STYLE, kindOf, escaped };
