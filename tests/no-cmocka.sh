#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
echo "1..0 # SKIP unit tests: configure did not find cmocka"
