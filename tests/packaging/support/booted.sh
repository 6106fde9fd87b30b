# shellcheck shell=bash disable=SC2154 # common.sh and roots.sh set them
# A root that is booted with its own systemd (systemd-nspawn), without network but loopback. To be
# sourced after roots.sh, in a mount namespace of its own.

init=
nspawn=

# boot TOP LOWER: mounts the layers and boots them. The source tree is at /portcullis.
boot() {
  local top=$1 lower=$2 state=
  mkdir -p "$top/upper/portcullis" "$top/upper/kept" "$top/work" "$top/root"
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$top/upper,workdir=$top/work" "$top/root" ||
    return 1
  systemd-nspawn --quiet --directory="$top/root" --boot --register=no --keep-unit --private-network \
    --console=pipe --machine="portcullis-$release-$$" --bind-ro="$tree:/portcullis" \
    --bind="$folder/kept:/kept" >"$top/boot.log" 2>&1 </dev/null 9>&- &
  nspawn=$!
  for _ in $(seq 120); do
    init=$(pgrep -P "$nspawn" | head -n 1) || true
    if [[ -n $init ]]; then
      state=$(inside systemctl is-system-running 2>/dev/null) || true
      [[ $state != running && $state != degraded ]] || return 0
    fi
    kill -0 "$nspawn" 2>/dev/null || break
    sleep 0.5
  done
  echo "the root did not boot (state: ${state:-none}):"
  tail -n 30 "$top/boot.log"
  return 1
}

# inside COMMAND...: in the booted root.
inside() {
  nsenter --target "$init" --mount --pid --net --uts --ipc --cgroup \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive PYTHONDONTWRITEBYTECODE=1 "$@" 9>&-
}

shut_down() {
  [[ -n $nspawn ]] || return 0
  # SIGRTMIN+4 asks systemd for a shutdown.
  [[ -z $init ]] || kill -RTMIN+4 "$init" 2>/dev/null || true
  for _ in $(seq 60); do
    kill -0 "$nspawn" 2>/dev/null || break
    sleep 0.5
  done
  [[ -z $init ]] || kill -KILL "$init" 2>/dev/null || true
  kill "$nspawn" 2>/dev/null || true
  wait "$nspawn" 2>/dev/null || true
  init=
  nspawn=
}

# Why this machine cannot boot a root; says nothing when it can.
cannot_boot() {
  command -v systemd-nspawn >/dev/null || { echo "systemd-nspawn is not there"; return; }
  unshare --mount --pid --net --ipc --uts --cgroup --fork true 2>/dev/null ||
    echo "this machine does not let root make namespaces"
}
