#!/usr/bin/env bash
# shellcheck disable=SC2034
# Options of the tests on a system of their own, to be sourced: --junit FILE keeps pytest's results, --run COMMAND runs
# something else in their place. Leaves them in $junit and $command, empty where not given.
junit=""
command=""
while (($#)); do
    case $1 in
    --junit) junit=$(realpath --canonicalize-missing "$2") ;;
    --run) command=$2 ;;
    *)
        echo "usage: $0 [--junit FILE] [--run COMMAND]" >&2
        exit 2
        ;;
    esac
    shift 2
done
