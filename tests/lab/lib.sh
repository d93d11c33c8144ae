# Sourced by the lab's scripts: where things are, and how to complain.
# shellcheck shell=bash

lab_src=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_root=$(cd "$lab_src/../.." && pwd)

# Everything the lab builds or downloads; safe to delete. Several worktrees may share one by VHLAB_DIR.
lab_dir=${VHLAB_DIR:-$repo_root/artifacts/lab}
# A DESTDIR tree with the built programs (make build); the lab works without it.
stage_dir=${VHLAB_STAGE:-$repo_root/artifacts/stage}
# The product's own RPMs (make rpm); they become the repository lab-product.
product_rpms=${VHLAB_RPMS:-$repo_root/artifacts/rpm}

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Waits for a condition with a limit in seconds, without guessing how long it takes.
# usage: wait_until SECONDS WHAT COMMAND...
wait_until() {
  local limit=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + limit))
  until "$@"; do
    if ((SECONDS >= deadline)); then
      say "$what did not happen within $limit s."
      return 1
    fi
    read -rt 0.02 <> <(:) || :
  done
}

# Stacks an overlay on DIR: new layers on top of what the host has there.
# usage: overlay_on DIR UPPER WORK [LOWER...]   (first lower is the topmost)
overlay_on() {
  local dir=$1 upper=$2 work=$3 lowers= layer
  shift 3
  for layer in "$@"; do
    [[ -d $layer ]] && lowers+="$layer:"
  done
  mkdir -p "$upper" "$work"
  # The root of the merged directory shows the upper's owner and mode.
  chmod --reference="$dir" "$upper"
  mount -t overlay lab -o "lowerdir=$lowers$dir,upperdir=$upper,workdir=$work" "$dir"
}
