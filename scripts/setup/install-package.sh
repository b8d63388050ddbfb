#!/bin/sh
# Installs a package of Debian or Ubuntu. A server that it has is left neither running nor starting by
# itself: the demo, the tests and the benchmark start their own. To be run as root:
# install-package.sh PACKAGE [SERVICE]
set -eu
package=$1
service=${2-}

# Package scripts ask this program whether they may start a service; 101 means no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
# Without fresh lists the install may still succeed, and says why if it does not.
apt-get -q -o DPkg::Lock::Timeout=120 update || true
apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$package"

if [ -z "$service" ]; then exit; fi
if [ -d /run/systemd/system ]; then
  systemctl --quiet disable --now "$service.service"
else
  update-rc.d "$service" disable > /dev/null 2>&1 || true
fi
