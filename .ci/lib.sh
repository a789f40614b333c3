# Shared by the scripts of this folder: messages, and the tools a fresh machine lacks.
# Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export PATH="$root/.venv/bin:$HOME/.cargo/bin:$PATH"

say() { printf '\033[1;36m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else fail "\`$*\` needs root: run it as root or install sudo, then run make again"; fi
}

apt_updated=
# need_apt REASON PACKAGE...: installs the Debian packages that are not there yet.
need_apt() {
  local reason=$1 missing=() package; shift
  for package in "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  have apt-get || fail "please install ${missing[*]} ($reason): this is not a Debian machine"
  say "installing ${missing[*]} with apt ($reason)"
  if [ -z "$apt_updated" ]; then as_root apt-get update -qq || true; apt_updated=1; fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null || fail "apt could not install ${missing[*]} ($reason); without network, install them by hand"
}

# need_command COMMAND REASON PACKAGE...: as need_apt, when the command is not there.
need_command() {
  local command=$1; shift
  have "$command" || need_apt "$@"
}

# venv_with REQUIREMENTS: the Python environment .venv holds what the file pins.
venv_with() {
  local stamp
  stamp=".venv/$(sha256sum "$1" | cut -c1-16)"
  [ -e "$stamp" ] && return 0
  python3 -m venv .venv 2>/dev/null || {
    need_apt "Python environments for the tests' tools and peers" python3-venv
    python3 -m venv .venv
  }
  say "installing $1 into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1" \
    || fail "pip could not install $1; with network, run make again"
  touch "$stamp"
}

# npm_install FOLDER: its node_modules hold what its lock file pins. Not `npm ci`: that refuses a lock
# file made where the registry lacks a package for some other platform.
npm_install() {
  local lock="$1/package-lock.json" stamp="$1/node_modules/.vitrine-lock"
  cmp -s "$lock" "$stamp" && return 0
  say "installing the packages of $1"
  (cd "$1" && npm install --no-save --no-audit --no-fund --loglevel=error >&2) \
    || fail "npm could not install the packages of $1; with network, run make again"
  cp "$lock" "$stamp"
}
