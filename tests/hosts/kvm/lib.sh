# Sourced by the scripts of the KVM host: where things are, and how to complain.
# shellcheck shell=bash

kvm_src=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_root=$(cd "$kvm_src/../../.." && pwd)

# Everything that is built or downloaded for it; safe to delete. Several worktrees may share one by VHKVM_DIR.
kvm_dir=${VHKVM_DIR:-$repo_root/artifacts/hosts/kvm}
# Where the host that runs now has its disk, its console and its process number.
run_dir=${VHKVM_RUN:-$kvm_dir/run}
# A release of Debian that has a newer QEMU in its backports.
release=${VHKVM_RELEASE:-bookworm}
image_dir=$kvm_dir/$release
# The product's own Debian packages (make deb).
product_debs=${VHHOSTS_DEBS:-$repo_root/artifacts/deb}
lab_dir=${VHLAB_DIR:-$repo_root/artifacts/lab}

say() { printf 'hosts-kvm: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
