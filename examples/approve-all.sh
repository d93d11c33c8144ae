#!/bin/sh
# approve-all.sh - approves the handover of every VM that waits for an approval, with nothing but systemd's busctl.
# Needs root, or whatever polkit asks for the action org.virthandover.handover1.approve. Exit status 1: at least one was refused.
set -eu
service=org.virthandover.Handover1
manager=/org/virthandover/Handover1

# Starts the service when it does not run.
busctl call --quiet "$service" "$manager" org.freedesktop.DBus.Peer Ping

status=0
for domain in $(busctl tree --list "$service" | grep "^$manager/domain/."); do
  # A domain may end between two calls.
  state=$(busctl get-property "$service" "$domain" "$service.Domain" State) || continue
  [ "$state" = 's "pending"' ] || continue
  name=$(busctl get-property "$service" "$domain" "$service.Domain" Name) || continue
  if busctl call --quiet "$service" "$domain" "$service.Domain" Approve 'a{sv}' 0; then
    echo "approved ${name#s }"
  else
    status=1
  fi
done
exit $status
