#!/bin/sh
# Generate configure and Makefile.in from their sources.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force --warnings=all
