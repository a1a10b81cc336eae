/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the table of words that make nothing here. */
#include "known.h"

#include <string.h>
#include "say.h"

/* A word that ends in * stands for all that begin so; the first row that fits counts. */
static const struct known {
	unsigned int scopes;
	const char *word;
	enum verdict verdict;
	const char *why;
} table[] = {
	{GLOBAL, "notification_email", LOST,
	 "no mail is sent: notify can call a program that does"},
	{GLOBAL, "notification_email_from", LOST, "no mail is sent"},
	{GLOBAL, "smtp_alert_checker", NEEDLESS, "there are no real servers here"},
	{GLOBAL, "smtp_*", LOST, "no mail is sent: notify can call a program that does"},
	{INSTANCE | SYNC, "smtp_alert", LOST,
	 "no mail is sent: notify can call a program that does"},
	{GLOBAL, "no_email_faults", NEEDLESS, "no mail is sent"},
	{GLOBAL, "lvs_*", LOST, "no load balancing here: leave it to keepalived or ipvsadm"},
	{GLOBAL, "checker_*", LOST, "no load balancing here: leave it to keepalived or ipvsadm"},
	{GLOBAL, "bfd_*", LOST, "no BFD here: heartbeats find a failure in milliseconds"},
	{GLOBAL, "enable_snmp_*", LOST, "no SNMP here: status --json tells the state"},
	{GLOBAL, "snmp_socket", LOST, "no SNMP here"},
	{GLOBAL, "enable_traps", LOST, "no SNMP here: notify can send a trap"},
	{INSTANCE, "snmp_name", NEEDLESS, "no SNMP here"},
	{GLOBAL, "enable_dbus", LOST, "no D-Bus here: events tells each change"},
	{GLOBAL, "dbus_*", LOST, "no D-Bus here"},
	{GLOBAL, "vrrp_notify_fifo*", LOST, "no FIFO here: ip-takeover-ctl events, or notify"},
	{GLOBAL, "notify_fifo*", LOST, "no FIFO here: ip-takeover-ctl events, or notify"},
	{GLOBAL | INSTANCE | SYNC, "*notify_priority_changes", NEEDLESS,
	 "ip-takeover-ctl events tells them"},
	{GLOBAL, "fifo_write_vrrp_states_on_reload", NEEDLESS, "no FIFO here"},
	{GLOBAL, "startup_script", LOST, "systemd: ExecStartPre= of ip-takeover.service"},
	{GLOBAL, "shutdown_script", LOST, "systemd: ExecStopPost= of ip-takeover.service"},
	{GLOBAL, "startup_script_timeout", NEEDLESS, "goes with startup_script"},
	{GLOBAL, "shutdown_script_timeout", NEEDLESS, "goes with shutdown_script"},
	{GLOBAL, "enable_script_security", NEEDLESS,
	 "programs that others than root may change are always refused"},
	{GLOBAL, "vrrp_mcast_group*", NEEDLESS, "heartbeats go to the peers' addresses"},
	{INSTANCE, "mcast_dst_ip", NEEDLESS, "heartbeats go to the peers' addresses"},
	{GLOBAL, "vrrp_garp_*", CHANGED,
	 "a new owner announces at 0, 20, 100, 500, 1100 and 2200 ms (ANNOUNCING)"},
	{GLOBAL, "vrrp_min_garp", CHANGED, "a new owner announces six times (ANNOUNCING)"},
	{INSTANCE, "garp_*", CHANGED,
	 "a new owner announces at 0, 20, 100, 500, 1100 and 2200 ms (ANNOUNCING)"},
	{GLOBAL, "vrrp_strict", NEEDLESS, "this is not VRRP, whose rules it enforces"},
	{INSTANCE, "strict_mode", NEEDLESS, "this is not VRRP, whose rules it enforces"},
	{GLOBAL, "vrrp_version", NEEDLESS, "this is not VRRP"},
	{INSTANCE, "version", NEEDLESS, "this is not VRRP"},
	{INSTANCE, "native_ipv6", NEEDLESS, "addresses of both families may stand in one group"},
	{GLOBAL, "vrrp_ipsets", NEEDLESS, "silence is kept by XDP and tc, not by a firewall"},
	{GLOBAL, "nftables*", NEEDLESS, "silence is kept by XDP and tc, not by a firewall"},
	{GLOBAL, "*iptables", NEEDLESS, "silence is kept by XDP and tc, not by a firewall"},
	{GLOBAL | INSTANCE, "*skip_check_adv_addr", NEEDLESS,
	 "all heartbeats are signed and checked"},
	{GLOBAL | INSTANCE, "*check_unicast_src", NEEDLESS,
	 "all heartbeats are signed and checked"},
	{GLOBAL | INSTANCE, "*lower_prio*_advert", NEEDLESS,
	 "who owns is agreed on by terms, not by who shouts"},
	{GLOBAL | INSTANCE, "*higher_prio_send_advert", NEEDLESS,
	 "the new owner announces until it is believed"},
	{GLOBAL | INSTANCE, "*down_timer_adverts", CHANGED,
	 "misses in the section heartbeat; the default of 7 was taken"},
	{GLOBAL, "vrrp_*priority", NEEDLESS, "realtime = true is the default"},
	{GLOBAL, "*_priority", NEEDLESS, "realtime = true is the default"},
	{GLOBAL, "*auto_priority*", NEEDLESS, "realtime = true is the default"},
	{GLOBAL, "*_no_swap", NEEDLESS, "realtime = true locks memory"},
	{GLOBAL, "*_rlimit_rttime", NEEDLESS, "no limit is set"},
	{GLOBAL, "*_cpu_affinity", NEEDLESS, "the loop chooses its processor"},
	{GLOBAL, "*process_name*", NEEDLESS, "it is called ip-takeover-ctl"},
	{GLOBAL, "*_rcv_bufs*", NEEDLESS, "what is lost is read again"},
	{GLOBAL, "vrrp_rx_bufs_*", NEEDLESS, "heartbeats are received in XDP"},
	{INSTANCE, "kernel_rx_buf_size", NEEDLESS, "heartbeats are received in XDP"},
	{GLOBAL, "dynamic_interfaces", NEEDLESS, "an interface may come and go"},
	{GLOBAL | INSTANCE | TOP, "linkbeat_use_polling", NEEDLESS, "the kernel tells of carriers"},
	{GLOBAL, "log_unknown_vrids", NEEDLESS, "this is not VRRP"},
	{GLOBAL, "umask", NEEDLESS, "nothing is written that others may read"},
	{GLOBAL, "random_seed", NEEDLESS, "it draws its own"},
	{GLOBAL, "reload_*", CHANGED, "ip-takeover-ctl reload refuses a bad file, and goes on"},
	{GLOBAL, "config_save_dir", NEEDLESS, "check prints what a file means"},
	{GLOBAL, "tmp_config_directory", NEEDLESS, "nothing is written there"},
	{GLOBAL, "data_use_instance", NEEDLESS, "status tells the state"},
	{GLOBAL, "json_version", NEEDLESS, "status --json has its own form"},
	{GLOBAL | TOP, "use_pid_dir", NEEDLESS, "there are no pid files"},
	{GLOBAL | TOP, "child_wait_time", NEEDLESS, "programs are ended after 30 s"},
	{GLOBAL | TOP, "net_namespace", CHANGED,
	 "start it there: ip-takeover@.service, or ip netns exec"},
	{GLOBAL | TOP, "net_namespace_ipvs", LOST, "no load balancing here"},
	{GLOBAL | TOP, "namespace_with_ipsets", NEEDLESS, "no ipsets here"},
	{GLOBAL | TOP, "instance", CHANGED, "ip-takeover-ctl --instance NAME"},
	{GLOBAL, "disable_local_igmp", NEEDLESS, "heartbeats are no multicast"},
	{GLOBAL, "vmac_*", LOST, "no virtual MAC address yet"},
	{GLOBAL, "process_monitor*", NEEDLESS, "processes are looked for by a check"},
	{GLOBAL, "rs_init_notifies", NEEDLESS, "there are no real servers here"},
	{GLOBAL, "no_checker_emails", NEEDLESS, "there are no real servers here"},
	{INSTANCE, "state", NEEDLESS, "the first owner is who has the highest priority"},
	{INSTANCE, "dont_track_primary", CHANGED,
	 "an interface without carrier is the fault of its groups, always"},
	{INSTANCE, "track_src_ip", NEEDLESS, "a peer that is not heard is told of"},
	{INSTANCE, "unicast_ttl", NEEDLESS,
	 "heartbeats are not routed, but to a witness whose hops say so"},
	{INSTANCE, "unicast_fault_no_peer", NEEDLESS, "a file without a peer is refused"},
	{INSTANCE, "old_unicast_checksum", NEEDLESS, "this is not VRRP"},
	{INSTANCE, "promote_secondaries", KEPT, "set on each interface while it is attached"},
	{INSTANCE, "accept", NEEDLESS, "the owner accepts what is sent to its addresses"},
	{INSTANCE, "no_accept", LOST,
	 "the owner accepts what is sent to its addresses: use a firewall"},
	{INSTANCE, "debug", NEEDLESS, "the log has one line for each change"},
	{INSTANCE | SYNC, "track_bfd", LOST, "no BFD here"},
	{INSTANCE | SYNC, "notify_stop", CHANGED,
	 "the end of the daemon is told as standby, by notify, after its groups were handed over"},
	{INSTANCE | SYNC, "notify_deleted", NEEDLESS,
	 "a group that is taken out is told as standby"},
	{INSTANCE, "notify_master_rx_lower_pri", LOST,
	 "a second owner does not pass unseen: status shows an ALARM"},
	{INSTANCE, "lvs_sync_daemon*", LOST, "no load balancing here: start ipvsadm by notify"},
	{INSTANCE, "use_ipvlan", LOST, "addresses go on the interface itself"},
	{INSTANCE, "vrf", NEEDLESS, "name the interface: a VRF's member is served"},
	{INSTANCE, "ha_suspend", NEEDLESS, "there are no real servers here"},
	{SYNC, "global_tracking", KEPT, "the checks of all members count for the group"},
	{TOP, "static_ipaddress", LOST, "addresses that stay belong to the system's network files"},
	{TOP, "static_routes", LOST, "routes that stay belong to the system's network files"},
	{TOP, "static_rules", LOST, "rules that stay belong to the system's network files"},
	{TOP, "static_track_group", LOST, "tracks only static addresses, which are not taken over"},
	{TOP, "track_group", LOST, "tracks only static addresses, which are not taken over"},
	{TOP, "linkbeat_interfaces", NEEDLESS, "the kernel tells of carriers"},
	{TOP, "interface_up_down_delays", LOST, "a carrier that goes is a fault at once"},
	{TOP, "garp_group", CHANGED, "burst limits the announcements of each group"},
	{TOP, "bfd_instance", LOST, "no BFD here: heartbeats find a failure in milliseconds"},
	{TOP, "virtual_server*", LOST, "no load balancing here: leave it to keepalived or ipvsadm"},
	{TOP, "SSL", LOST, "no load balancing here: leave it to keepalived or ipvsadm"},
	{TOP, "garp_delay", CHANGED, "burst limits the announcements of each group"},
	{PROCESS, "terminate_delay", CHANGED, "fall of the check counts failures instead"},
	{PROCESS, "fork_delay", CHANGED, "rise of the check counts successes instead"},
	{PROCESS, "delay", CHANGED, "rise and fall of the check count instead"},
};

/* `pattern` may have a * at its begin, in its middle and at its end. */
static bool fits(const char *pattern, const char *word)
{
	if (!*pattern)
		return !*word;
	if (*pattern != '*')
		return *pattern == *word && fits(pattern + 1, word + 1);
	return fits(pattern + 1, word) || (*word && fits(pattern, word + 1));
}

void known_say(struct host *h, const struct stmt *s, enum scope scope)
{
	bool short_enough = strlen(stmt_word(s, 0)) < 64;

	for (size_t i = 0; short_enough && i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].scopes & scope && fits(table[i].word, stmt_word(s, 0))) {
			say(h, s, table[i].verdict, "%s%s", s->block ? "with its block: " : "",
			    table[i].why);
			return;
		}
	say(h, s, LOST, "a word that convert does not know%s", s->block ? ", with its block" : "");
}

void known_read(struct host *h, void *into, const struct stmt *block, enum scope scope,
		const struct known_reader *readers)
{
	const struct known_reader *r;

	for (const struct stmt *s = block->child; s; s = s->next) {
		for (r = readers; r->word && strcmp(r->word, stmt_word(s, 0)); r++)
			;
		if (r->word)
			r->read(h, into, s);
		else
			known_say(h, s, scope);
	}
}
