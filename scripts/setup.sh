#!/bin/sh
# Make .venv and install the checkout in it; "setup.sh dev" adds the tools of the tests.
# The stamp remembers what was installed from, so the next run returns at once.
set -eu
cd "$(dirname "$0")/.."

want=${1:-run}
stamp=.venv/.installed
inputs="pyproject.toml setup.py scripts/setup.sh"
state=$(cat $inputs src/wherever/*/_*.[ch] src/wherever/*/*/_*.[ch] 2>/dev/null | cksum)

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -x .venv/bin/python ] && new_enough .venv/bin/python && [ -f "$stamp" ]; then
    have=$(cat "$stamp")
    [ "$have" = "dev $state" ] && exit 0
    [ "$have" = "$want $state" ] && exit 0
    # Tools once installed stay: a demo after a test must not take them away.
    case $have in dev*) want=dev ;; esac
fi

if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python; }; then
    python=
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if new_enough "$name"; then python=$name; break; fi
    done
    if [ -z "$python" ]; then
        echo "setup: Wherever needs Python 3.11 or newer, and ${PYTHON:-python3} is" \
            "$(${PYTHON:-python3} --version 2>/dev/null || echo absent);" \
            "install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2
        exit 1
    fi
    echo "setup: making .venv with $("$python" --version) (once)"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "setup: $python cannot make virtual environments;" \
            "on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
fi

case $want in
    dev) what='.[dev]' words="Wherever and its test tools" ;;
    *) what='.[edge]' words=Wherever ;;
esac
echo "setup: installing $words in .venv (once, and again when pyproject.toml changes)"
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$what"; then
    echo "setup: pip could not install $words; its message is above" >&2
    exit 1
fi
if [ "$want" = dev ]; then
    # Coverage's own .pth file, a1_coverage.pth, starts it in every process that the tests
    # start; our plug-in has to be importable before that.
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$PWD/scripts/measure" >"$site/a0_measure.pth"
fi
echo "$want $state" >"$stamp"
