# shellcheck shell=bash disable=SC2154 # common.sh and roots.sh set them
# Roots of another Debian, in layers: what is written lands in the uppermost. To be sourced after
# common.sh. A layer is a folder; it is made once and used again.

# use_release 12|13: sets release, codename and folder, and holds the folder until the end.
use_release() {
  release=$1
  case $release in
    12) codename=bookworm ;;
    13) codename=trixie ;;
    *) give_up "no release $release; there are 12 and 13" ;;
  esac
  folder=$kept/$release
  mkdir -p "$folder" || give_up "$folder cannot be written"
  exec 9>"$folder/lock"
  flock --nonblock 9 || give_up "another run uses $folder"
}

# A minimal Debian, as debootstrap makes it.
bare_root() {
  [[ -e $folder/base ]] && return
  say "making a bare Debian $release in $folder/base"
  rm -rf --one-file-system "$folder/base.partial"
  "$tree/tests/support/make_debian" "$codename" "$folder/base.partial" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 40 "$folder/debootstrap.log"; give_up "Debian $release could not be made"; }
  mv "$folder/base.partial" "$folder/base"
}

# in_layer TOP LOWER[:LOWER...] COMMAND...: runs in the root that these make, in namespaces of its
# own for mounts and processes. The source tree is there at /portcullis, read-only; /kept outlives
# the root. What it writes stays in TOP.
in_layer() {
  local top=$1 lower=$2
  shift 2
  mkdir -p "$top/upper" "$top/work" "$top/root" "$folder/kept"
  rm -f "$top/upper/etc/resolv.conf"
  mkdir -p "$top/upper/etc"
  cp -L /etc/resolv.conf "$top/upper/etc/"
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root" || exit
    top=$1
    shift 2
    exec "$0" "$top/root" "$@"' "$tree/tests/support/in_root" "$top" "$lower" "$tree" \
    "$folder/kept" "$@" 9>&-
}

# layer NAME LOWER COMMAND...: makes $folder/NAME by a command, which may add to what is there. It
# runs again when it, or a list of packages, has changed.
layer() {
  local name=$1 lower=$2 stamp
  shift 2
  stamp=$(printf '%s\n' "$@" | cat - "$tree"/deploy/packages/* | sha256sum)
  [[ $(cat "$folder/$name/made" 2>/dev/null) != "$stamp" ]] || return 0
  say "making the layer $name of Debian $release"
  mkdir -p "$folder/$name"
  in_layer "$folder/$name" "$lower" "$@" >"$folder/$name.log" 2>&1 ||
    { tail -n 40 "$folder/$name.log"; give_up "the layer $name could not be made"; }
  echo "$stamp" >"$folder/$name/made"
}

# fresh TOP: an empty layer.
fresh() {
  rm -rf --one-file-system "$1"
  mkdir -p "$1"
}
