#!/bin/sh
# Tests an addon that was built elsewhere, in a container, as root: test.sh suite|unit.
set -eu

npm ci --no-audit --no-fund
if [ "$1" = suite ]; then sh scripts/setup/install-mariadb.sh; fi
node scripts/check.js "$1"
