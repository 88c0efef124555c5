/**
 * The keys of /proc/sys that Linux 6.18 has in a network namespace: to tell a key that netloom does not implement from one
 * that does not exist.
 *
 * @see Documentation/admin-guide/sysctl/, Documentation/networking/ip-sysctl.rst
 */

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const NET_CORE = names(
  'optmem_max rmem_default rmem_max rps_default_mask somaxconn tstamp_allow_data txrehash wmem_default wmem_max ' +
    'xfrm_acq_expires xfrm_aevent_etime xfrm_aevent_rseqth xfrm_larval_drop',
)

const NET_IPV4 = names(
  'fib_multipath_hash_fields fib_multipath_hash_policy fib_multipath_hash_seed fib_multipath_use_neigh ' +
    'fib_notify_on_flag_change fwmark_reflect icmp_echo_enable_probe icmp_echo_ignore_all icmp_echo_ignore_broadcasts ' +
    'icmp_errors_use_inbound_ifaddr icmp_ignore_bogus_error_responses icmp_msgs_burst icmp_msgs_per_sec icmp_ratelimit ' +
    'icmp_ratemask igmp_link_local_mcast_reports igmp_max_memberships igmp_max_msf igmp_qrv ip_autobind_reuse ' +
    'ip_default_ttl ip_dynaddr ip_early_demux ip_forward ip_forward_update_priority ip_forward_use_pmtu ' +
    'ip_local_port_range ip_local_reserved_ports ip_no_pmtu_disc ip_nonlocal_bind ip_unprivileged_port_start ' +
    'ipfrag_high_thresh ipfrag_low_thresh ipfrag_max_dist ipfrag_time nexthop_compat_mode ping_group_range ' +
    'raw_l3mdev_accept route.min_adv_mss route.min_pmtu route.mtu_expires tcp_abort_on_overflow tcp_adv_win_scale ' +
    'tcp_allowed_congestion_control tcp_app_win tcp_autocorking tcp_available_congestion_control tcp_backlog_ack_defer ' +
    'tcp_base_mss tcp_challenge_ack_limit tcp_child_ehash_entries tcp_comp_sack_delay_ns tcp_comp_sack_nr ' +
    'tcp_comp_sack_slack_ns tcp_congestion_control tcp_dsack tcp_early_demux tcp_early_retrans tcp_ecn tcp_ecn_fallback ' +
    'tcp_ecn_option tcp_ecn_option_beacon tcp_ehash_entries tcp_fack tcp_fastopen tcp_fastopen_blackhole_timeout_sec ' +
    'tcp_fin_timeout tcp_frto tcp_fwmark_accept tcp_invalid_ratelimit tcp_keepalive_intvl tcp_keepalive_probes ' +
    'tcp_keepalive_time tcp_l3mdev_accept tcp_limit_output_bytes tcp_max_reordering tcp_max_syn_backlog ' +
    'tcp_max_tw_buckets tcp_migrate_req tcp_min_rtt_wlen tcp_min_snd_mss tcp_min_tso_segs tcp_moderate_rcvbuf ' +
    'tcp_mtu_probe_floor tcp_mtu_probing tcp_no_metrics_save tcp_no_ssthresh_metrics_save tcp_notsent_lowat ' +
    'tcp_orphan_retries tcp_pacing_ca_ratio tcp_pacing_ss_ratio tcp_pingpong_thresh tcp_plb_cong_thresh tcp_plb_enabled ' +
    'tcp_plb_idle_rehash_rounds tcp_plb_rehash_rounds tcp_plb_suspend_rto_sec tcp_probe_interval tcp_probe_threshold ' +
    'tcp_recovery tcp_reflect_tos tcp_reordering tcp_retrans_collapse tcp_retries1 tcp_retries2 tcp_rfc1337 tcp_rmem ' +
    'tcp_rto_max_ms tcp_rto_min_us tcp_sack tcp_shrink_window tcp_slow_start_after_idle tcp_stdurg ' +
    'tcp_syn_linear_timeouts tcp_syn_retries tcp_synack_retries tcp_syncookies tcp_thin_linear_timeouts tcp_timestamps ' +
    'tcp_tso_rtt_log tcp_tso_win_divisor tcp_tw_reuse tcp_tw_reuse_delay tcp_window_scaling tcp_wmem ' +
    'tcp_workaround_signed_windows udp_child_hash_entries udp_early_demux udp_hash_entries udp_l3mdev_accept ' +
    'udp_rmem_min udp_wmem_min xfrm4_gc_thresh',
)

/** Under net.ipv4.conf.DEV. */
const IPV4_CONF = names(
  'accept_local accept_redirects accept_source_route arp_accept arp_announce arp_evict_nocarrier arp_filter ' +
    'arp_ignore arp_notify bc_forwarding bootp_relay disable_policy disable_xfrm drop_gratuitous_arp drop_unicast_in_l2_multicast ' +
    'force_igmp_version forwarding igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval ' +
    'ignore_routes_with_linkdown log_martians mc_forwarding medium_id promote_secondaries proxy_arp proxy_arp_pvlan ' +
    'route_localnet rp_filter secure_redirects send_redirects shared_media src_valid_mark tag',
)

/** Under net.ipv4.neigh.DEV. */
const IPV4_NEIGH = names(
  'anycast_delay app_solicit base_reachable_time_ms delay_first_probe_time gc_stale_time interval_probe_time_ms ' +
    'locktime mcast_resolicit mcast_solicit proxy_delay proxy_qlen retrans_time_ms ucast_solicit unres_qlen ' +
    'unres_qlen_bytes',
)

/** Subtrees that netloom has nothing of, but for the keys that a layer declares. */
const FOREIGN: readonly string[] = (
  'abi. debug. dev. fs. kernel. user. vm. sunrpc. net.ipv6. net.bridge.bridge-nf- net.netfilter. net.nf_conntrack_max ' +
  'net.mptcp. net.unix. net.mpls. net.sctp. net.iw_cm.'
).split(' ')

/** Name of the device in `net.ipv4.conf.DEV.setting`, empty when the key has another form. */
const deviceOf = (key: string, prefix: string): string =>
  key.startsWith(prefix) ? key.slice(prefix.length, Math.max(prefix.length, key.lastIndexOf('.'))) : ''

/**
 * Whether Linux has a key of this dotted name although netloom may not. `devices` are the names that stand for a device
 * there, with `all` and `default`.
 */
export const isLinuxSysctl = (key: string, devices: readonly string[]): boolean => {
  const last = key.slice(key.lastIndexOf('.') + 1)
  if (devices.includes(deviceOf(key, 'net.ipv4.conf.'))) return IPV4_CONF.has(last)
  // Only the first namespace of a machine has net.ipv4.neigh.default.
  const neigh = deviceOf(key, 'net.ipv4.neigh.')
  if (neigh !== 'all' && neigh !== 'default' && devices.includes(neigh)) return IPV4_NEIGH.has(last)
  const six = deviceOf(key, 'net.ipv6.conf.')
  if (six !== '') return devices.includes(six)
  if (key.startsWith('net.core.')) return NET_CORE.has(key.slice('net.core.'.length))
  if (key.startsWith('net.ipv4.')) return NET_IPV4.has(key.slice('net.ipv4.'.length))
  return FOREIGN.some(prefix => key.startsWith(prefix))
}
