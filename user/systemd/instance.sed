# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# ip-takeover.service becomes ip-takeover@.service: the daemon of the network namespace NAME, with NAME.conf.
2s|.*|# The daemon of a network namespace, /run/netns/NAME, as instance NAME.|
s|^Description=.*|& (%i)|
s|ip-takeover-ctl run -c /etc/ip-takeover/ip-takeover.conf|ip-takeover-ctl --instance %i run -c /etc/ip-takeover/%i.conf|
s|ip-takeover-ctl reload|ip-takeover-ctl --instance %i reload|
/^ReadWritePaths=/a\
NetworkNamespacePath=/run/netns/%i\
# Its own /sys hides the one that outlives the daemon.\
BindPaths=-/sys/fs/bpf
