#!/bin/sh
# Makes .venv with the locked versions of everything and the project itself in it. Run by make.
# With --find-python it only prints which Python it would take.
# Needs Python 3.11 or newer. uv is used where it is present and works, plain venv and pip otherwise.
set -eu
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER || true

say() { printf '%s\n' "set-up: $*" >&2; }

# A name on the PATH proves nothing: version managers leave names there that start no Python.
is_usable() {
    [ "$("$1" -c 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_usable "$PYTHON" && command -v "$PYTHON" && return 0
        say "PYTHON=$PYTHON is not a Python 3.11 or newer with venv and ensurepip."
        return 1
    fi
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        is_usable "$name" && command -v "$name" && return 0
    done
    say "No Python 3.11 or newer with venv was found on the PATH."
    say "Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python),"
    say "or name one: make PYTHON=/path/to/python3 test"
    return 1
}

install_with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    # Without a place for its cache uv gives up, unless it is told to do without.
    cache=$(uv cache dir 2>/dev/null) || cache=
    if ! { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then export UV_NO_CACHE=1; fi
    UV_PROJECT_ENVIRONMENT=.venv uv sync --frozen --quiet --compile-bytecode --python "$python" && return 0
    say "uv did not succeed; going on with pip."
    return 1
}

install_with_pip() {
    # A folder that was moved, a Python that is gone, or uv leaves a .venv that pip cannot mend.
    if [ "$(cat .venv/.made-in 2>/dev/null)" != "$PWD" ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        "$python" -m venv --clear .venv
    fi
    # The lock names every package with its hash, so that no package is chosen here.
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements-dev.txt
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps -e .
}

python=$(find_python)
if [ "${1:-}" = --find-python ]; then printf '%s\n' "$python" && exit 0; fi
say "installing into .venv with $("$python" --version) (the first time takes a minute or two)"
install_with_uv || install_with_pip
printf '%s' "$PWD" >.venv/.made-in
say "done"
