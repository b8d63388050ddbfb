'use strict';

module.exports = {
  extends: ['@commitlint/config-conventional'],
  rules: {
    'header-max-length': [2, 'always', 72],
    // Bodies may quote commands and logs.
    'body-max-line-length': [0],
    'footer-max-line-length': [0],
  },
};
