#!/bin/sh
# Prints a CPython 3.13 of this machine that can make environments, or says what to install.
set -eu

is_cpython_313() {
	"$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) or sys.implementation.name != "cpython")' 2>/dev/null
}

# The last one is where uv keeps its own; empty where there is no uv.
for python in python3.13 python3 python "$(uv python find 3.13 2>/dev/null || true)"; do
	if [ -z "$python" ] || ! is_cpython_313 "$python"; then continue; fi
	if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
		echo "$python"
		exit
	fi
	echo "$python lacks the modules venv and ensurepip: install them (on Debian and Ubuntu: apt install python3.13-venv)" \
		"and try again." >&2
	exit 1
done
echo "Rollcall needs CPython 3.13, on which its Lambda functions run, and found none here: install it" \
	"(pyenv install 3.13, uv python install 3.13, brew install python@3.13, or your system's python3.13" \
	"with its venv package) and try again." >&2
exit 1
