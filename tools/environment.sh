#!/bin/sh
# Makes one of the project's Python environments: environment.sh FOLDER LOCK_FILE WHAT_IT_IS
# A shell script, for it runs before there is a Python that the project can count on.
set -eu
folder=$1 lock=$2 what=$3
log=.local/install-$(basename "$lock" .txt).log

# Make sees only that the lock file was written; what counts is whether it says something else.
if cmp -s "$lock" "$folder/.made"; then
	touch "$folder/.made"
	exit
fi

make_environment() {
	"$python" -m venv --clear "$folder"
	exec "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r "$lock"
}

python=$(tools/python313.sh)
mkdir -p .local
echo "Installing $what ..."
seconds=0
make_environment >"$log" 2>&1 &
job=$! # pip itself once it runs, so that Ctrl-C ends it
trap 'kill $job 2>/dev/null; exit 130' INT TERM
while kill -0 $job 2>/dev/null; do
	sleep 1
	seconds=$((seconds + 1))
	if [ $((seconds % 15)) -eq 0 ]; then echo "  ... $what, $seconds s"; fi
done
if ! wait $job; then
	tail -n 15 "$log" >&2
	echo "Could not install $what; all that pip said is in $log." >&2
	exit 1
fi
cp "$lock" "$folder/.made"
echo "Installed $what, $seconds s."
