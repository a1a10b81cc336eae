#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An example for the option `notify`: an SNMP trap (v2c) for each change, by net-snmp's snmptrap. Put below the enterprise number
# of your own: 8072.9999 is net-snmp's ground for experiments.
MANAGER=${SNMP_MANAGER:-192.0.2.1}
COMMUNITY=${SNMP_COMMUNITY:-public}
BASE=1.3.6.1.4.1.8072.9999.5694

# notify is called with GROUP STATE TERM REASON, and with the same and this node's name in its environment.
snmptrap -v 2c -c "$COMMUNITY" -t 2 -r 1 "$MANAGER" '' "$BASE.0.1" \
	"$BASE.1.1" s "$IPT_NODE" \
	"$BASE.1.2" s "$1" \
	"$BASE.1.3" s "$2" \
	"$BASE.1.4" s "$3" \
	"$BASE.1.5" s "$4"
