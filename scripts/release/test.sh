#!/bin/sh
# Tests an addon that was built elsewhere, in a container, as root: test.sh suite|unit.
set -eu

npm ci --no-audit --no-fund
node scripts/setup.js --only test-tools
if [ "$1" = suite ]; then sh scripts/setup/install-package.sh mariadb-server mariadb; fi
node scripts/check.js "$1"
