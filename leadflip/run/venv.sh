#!/bin/sh
# Builds .venv from the hashed lock, or finds it built already. Usage: leadflip/run/venv.sh [run|dev]
# Needs a Python from 3.11 to 3.14 with its venv module, nothing else. PYTHON=/path names one.
set -eu

say() { printf '%s\n' "$1" >&2; }

# Prints what is wrong with the Python $1; nothing when it will do.
fault() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || {
        echo "$1 does not run"
        return
    }
    case $version in
    3.11 | 3.12 | 3.13 | 3.14) ;;
    *)
        echo "$1 is Python $version"
        return
        ;;
    esac
    "$1" -c 'import venv, ensurepip' 2>/dev/null ||
        echo "$1 has no venv module (Debian and Ubuntu: apt-get install python$version-venv)"
}

find_python() {
    found=
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        wrong=$(fault "$candidate")
        if [ -z "$wrong" ]; then
            echo "$candidate"
            return
        fi
        found="$found${found:+, }$wrong"
    done
    say "Leadflip needs Python 3.11 to 3.14 with its venv module; found: ${found:-none}. Install one and run make again, or name it: make run PYTHON=/path/to/python3"
    exit 1
}

installed() { [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && cmp -s "$1" ".venv/$1"; }

install() {
    pip=".venv/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --only-binary :all:"
    if $pip -r requirements-uv.txt &&
        .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes --no-build "$1"; then
        return
    fi
    # uv is a matter of speed; it does not read pip's settings for a mirror or proxy.
    say "uv did not install it (see above); pip does, in about a minute."
    $pip -r "$1" || {
        say "The packages of $1 could not be installed (see above): check the network and the free space, then run make again."
        exit 1
    }
}

lock=requirements.txt
if [ "${1:-run}" = dev ] || [ -f .venv/requirements-dev.txt ]; then
    lock=requirements-dev.txt
fi
installed "$lock" && exit 0
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    say "Building .venv with $python: a few seconds, once."
    rm -rf .venv
    "$python" -m venv .venv || {
        say ".venv could not be made here (see above): make room, or make this folder writable."
        exit 1
    }
fi
rm -f .venv/requirements.txt .venv/requirements-dev.txt
install "$lock"
cp "$lock" .venv/
