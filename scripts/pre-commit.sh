#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A git hook that `make hooks` puts in place: the build and the checks that take seconds, before each commit.
set -e
# git's own variables would make the checks look elsewhere.
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
cd "$(git rev-parse --show-toplevel)"
make -s all
exec scripts/check.sh format layers rooms mutations limits options citations spdx
