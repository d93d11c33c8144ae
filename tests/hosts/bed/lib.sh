# Sourced by the scripts of the bed: where things are, and which QEMUs a release has.
# shellcheck shell=bash

bed_src=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_root=$(cd "$bed_src/../../.." && pwd)

# Everything that is built or downloaded; safe to delete. Several worktrees may share one by VHHOSTS_DIR.
hosts_dir=${VHHOSTS_DIR:-$repo_root/artifacts/hosts}
# The lab's guest and probe are used here, too.
lab_dir=${VHLAB_DIR:-$repo_root/artifacts/lab}
# The product's own Debian packages (make deb).
product_debs=${VHHOSTS_DEBS:-$repo_root/artifacts/deb}
# A later release of them: the same programs under a higher version.
later_debs=$product_debs/../deb-later

releases=(bookworm trixie sid)

say() { printf 'hosts: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Sets older and newer: the suites whose QEMU a host of a release has at first, and gets by an upgrade; and beyond: one whose QEMU no VM of that host
# can follow to, or nothing. Sid has one QEMU only: it starts with the one that testing still has. Where both are the same, `build` makes a newer one of it.
# Trixie's own made all virtqueues 1024 entries long, which that of its backports refuses to load.
suites_of() { # RELEASE
  beyond=
  case $1 in
    bookworm) older=$1 newer=$1-backports ;;
    trixie) older=$1 newer=$1 beyond=$1-backports ;;
    sid) older=testing newer=sid ;;
    *) die "There is no host of the release '$1'; there are ${releases[*]}." ;;
  esac
}

# The root file system of a release, which no test writes to.
root_of() { printf '%s/%s/root' "$hosts_dir" "$1"; }

# Waits for a condition with a limit in seconds, without guessing how long it takes.
wait_until() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    read -rt 0.05 <> <(:) || :
  done
}
