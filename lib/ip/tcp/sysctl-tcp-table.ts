/**
 * The keys net.ipv4.tcp_* as sysctl reads and writes them, with the bounds of Linux 6.18.
 *
 * @see net/ipv4/sysctl_net_ipv4.c
 */
import type { Netns } from '../../core/netns.js'
import { type SysctlEntry, sysctlInt } from '../../core/sysctl.js'
import { NetloomError } from '../../errors.js'
import { HZ } from '../../sim/timer.js'
import { netnsTcp } from './netns-tcp.js'
import { TCP_CONGESTION_DEFAULT, type TcpSysctls } from './sysctl-tcp.js'
import { tcpAllowedCongestionControl, tcpAvailableCongestionControl } from './tcp-cong.js'

type NumberField = { [K in keyof TcpSysctls]: TcpSysctls[K] extends number ? K : never }[keyof TcpSysctls]

const INT_MIN = -2147483648
const INT_MAX = 2147483647
const UINT_MAX = 4294967295
const MSEC_PER_JIFFY = 1000 / HZ
const NSEC_MAX = Number.MAX_SAFE_INTEGER

/** Keys that are one integer: name, field, smallest and largest value. */
const NUMBERS: readonly (readonly [string, NumberField, number, number])[] = [
  ['ip_autobind_reuse', 'ipAutobindReuse', 0, 1],
  ['tcp_abort_on_overflow', 'abortOnOverflow', 0, 255],
  ['tcp_adv_win_scale', 'advWinScale', -31, 31],
  ['tcp_app_win', 'appWin', 0, 31],
  ['tcp_autocorking', 'autocorking', 0, 1],
  ['tcp_backlog_ack_defer', 'backlogAckDefer', 0, 1],
  ['tcp_base_mss', 'baseMss', INT_MIN, INT_MAX],
  ['tcp_challenge_ack_limit', 'challengeAckLimit', INT_MIN, INT_MAX],
  ['tcp_comp_sack_delay_ns', 'compSackDelayNs', 0, NSEC_MAX],
  ['tcp_comp_sack_nr', 'compSackNr', 0, 255],
  ['tcp_comp_sack_slack_ns', 'compSackSlackNs', 0, NSEC_MAX],
  ['tcp_dsack', 'dsack', 0, 255],
  ['tcp_early_retrans', 'earlyRetrans', 0, 4],
  ['tcp_ecn', 'ecn', 0, 2],
  ['tcp_ecn_fallback', 'ecnFallback', 0, 1],
  ['tcp_ecn_option', 'ecnOption', 0, 2],
  ['tcp_ecn_option_beacon', 'ecnOptionBeacon', 0, 3],
  ['tcp_fack', 'fack', 0, 255],
  ['tcp_frto', 'frto', 0, 255],
  ['tcp_fwmark_accept', 'fwmarkAccept', 0, 255],
  ['tcp_keepalive_probes', 'keepaliveProbes', 0, 255],
  ['tcp_limit_output_bytes', 'limitOutputBytes', INT_MIN, INT_MAX],
  ['tcp_max_reordering', 'maxReordering', INT_MIN, INT_MAX],
  ['tcp_max_syn_backlog', 'maxSynBacklog', INT_MIN, INT_MAX],
  ['tcp_max_tw_buckets', 'maxTwBuckets', INT_MIN, INT_MAX],
  ['tcp_min_rtt_wlen', 'minRttWlenSec', 0, 86400],
  ['tcp_min_snd_mss', 'minSndMss', 48, 65535],
  ['tcp_min_tso_segs', 'minTsoSegs', 1, 255],
  ['tcp_moderate_rcvbuf', 'moderateRcvbuf', 0, 255],
  ['tcp_mtu_probe_floor', 'mtuProbeFloor', 48, 65535],
  ['tcp_mtu_probing', 'mtuProbing', 0, 255],
  ['tcp_no_metrics_save', 'noMetricsSave', 0, 255],
  ['tcp_no_ssthresh_metrics_save', 'noSsthreshMetricsSave', 0, 1],
  ['tcp_notsent_lowat', 'notsentLowat', 0, UINT_MAX],
  ['tcp_orphan_retries', 'orphanRetries', 0, 255],
  ['tcp_pacing_ca_ratio', 'pacingCaRatio', 0, 1000],
  ['tcp_pacing_ss_ratio', 'pacingSsRatio', 0, 1000],
  ['tcp_pingpong_thresh', 'pingpongThresh', 1, 255],
  ['tcp_probe_interval', 'probeIntervalSec', 0, UINT_MAX],
  ['tcp_probe_threshold', 'probeThreshold', INT_MIN, INT_MAX],
  ['tcp_recovery', 'recovery', 0, 255],
  ['tcp_reflect_tos', 'reflectTos', 0, 1],
  ['tcp_reordering', 'reordering', INT_MIN, INT_MAX],
  ['tcp_retrans_collapse', 'retransCollapse', 0, 255],
  ['tcp_retries1', 'retries1', 0, 255],
  ['tcp_retries2', 'retries2', 0, 255],
  ['tcp_rfc1337', 'rfc1337', 0, 255],
  ['tcp_rto_max_ms', 'rtoMaxMs', 1000, 120000],
  ['tcp_rto_min_us', 'rtoMinUs', 1, INT_MAX],
  ['tcp_sack', 'sack', 0, 255],
  ['tcp_shrink_window', 'shrinkWindow', 0, 1],
  ['tcp_slow_start_after_idle', 'slowStartAfterIdle', 0, 255],
  ['tcp_stdurg', 'stdurg', 0, 255],
  ['tcp_syn_linear_timeouts', 'synLinearTimeouts', 0, 127],
  ['tcp_syn_retries', 'synRetries', 1, 127],
  ['tcp_synack_retries', 'synackRetries', 0, 255],
  ['tcp_syncookies', 'syncookies', 0, 255],
  ['tcp_thin_linear_timeouts', 'thinLinearTimeouts', 0, 255],
  ['tcp_timestamps', 'timestamps', 0, 255],
  ['tcp_tso_rtt_log', 'tsoRttLog', 0, 255],
  ['tcp_tso_win_divisor', 'tsoWinDivisor', 0, 255],
  ['tcp_tw_reuse', 'twReuse', 0, 2],
  ['tcp_tw_reuse_delay', 'twReuseDelayMs', 1, INT_MAX],
  ['tcp_window_scaling', 'windowScaling', 0, 255],
  ['tcp_workaround_signed_windows', 'workaroundSignedWindows', 0, 255],
]

/** Keys in seconds that are kept in ticks. */
const SECONDS: readonly (readonly [string, NumberField])[] = [
  ['tcp_fin_timeout', 'finTimeoutJiffies'],
  ['tcp_keepalive_intvl', 'keepaliveIntvlJiffies'],
  ['tcp_keepalive_time', 'keepaliveTimeJiffies'],
]

/** Keys with three numbers. */
const TRIPLES: readonly (readonly [string, NumberField, NumberField, NumberField])[] = [
  ['tcp_rmem', 'rmemMin', 'rmemDefault', 'rmemMax'],
  ['tcp_wmem', 'wmemMin', 'wmemDefault', 'wmemMax'],
]

/** The first word of a text; the kernel does not look at the rest. */
const firstWord = (text: string): string => text.trim().split(/\s+/)[0]!

const number = (s: TcpSysctls, name: string, field: NumberField, min: number, max: number): SysctlEntry => ({
  name: `net.ipv4.${name}`,
  read: () => String(s[field]),
  write: text => {
    s[field] = sysctlInt(firstWord(text), min, max)
  },
})

const seconds = (s: TcpSysctls, name: string, field: NumberField): SysctlEntry => ({
  name: `net.ipv4.${name}`,
  read: () => String(Math.trunc(s[field] / HZ)),
  write: text => {
    s[field] = sysctlInt(firstWord(text), Math.ceil(INT_MIN / HZ), Math.floor(INT_MAX / HZ)) * HZ
  },
})

/** Fewer numbers than three change the first ones. */
const triple = (s: TcpSysctls, name: string, fields: readonly NumberField[]): SysctlEntry => ({
  name: `net.ipv4.${name}`,
  read: () => fields.map(f => s[f]).join('\t'),
  write: text => {
    const values = text
      .trim()
      .split(/\s+/)
      .slice(0, 3)
      .map(v => sysctlInt(v, 1, INT_MAX))
    values.forEach((v, i) => {
      s[fields[i]!] = v
    })
  },
})

/** Sends and takes data in a SYN where no program has asked for it (TFO_SERVER_WO_SOCKOPT1). */
const FASTOPEN_UNASKED = 0x400

const fastopen = (s: TcpSysctls): SysctlEntry => ({
  name: 'net.ipv4.tcp_fastopen',
  read: () => String(s.fastopen),
  write: text => {
    const value = sysctlInt(firstWord(text))
    if (value & FASTOPEN_UNASKED)
      throw new NetloomError('EOPNOTSUPP', 'net.ipv4.tcp_fastopen: netloom has no fast open; leave bit 0x400 clear', {
        key: 'net.ipv4.tcp_fastopen',
        value: text,
      })
    s.fastopen = value
  },
})

const congestionControl = function* (s: TcpSysctls, preset: string): Iterable<SysctlEntry> {
  const names = (): string => tcpAvailableCongestionControl().join(' ')
  const key = 'net.ipv4.tcp_congestion_control'
  yield { name: 'net.ipv4.tcp_available_congestion_control', read: names }
  const allowed = (): string => tcpAllowedCongestionControl(preset).join(' ')
  yield { name: 'net.ipv4.tcp_allowed_congestion_control', read: allowed }
  yield {
    name: key,
    read: () => s.congestionControl,
    write: text => {
      const name = text.trim()
      if (!tcpAvailableCongestionControl().includes(name))
        throw new NetloomError('ENOENT', `setting key "${key}": No such file or directory`, { key, value: name })
      s.congestionControl = name
    },
  }
}

/** All keys of TCP in a namespace. */
export const tcpSysctlProvider = function* (netns: Netns): Iterable<SysctlEntry> {
  const s = netnsTcp(netns).sysctls
  for (const [name, field, min, max] of NUMBERS) yield number(s, name, field, min, max)
  for (const [name, field] of SECONDS) yield seconds(s, name, field)
  for (const [name, ...fields] of TRIPLES) yield triple(s, name, fields)
  yield {
    name: 'net.ipv4.tcp_invalid_ratelimit',
    read: () => String(s.invalidRatelimitJiffies * MSEC_PER_JIFFY),
    write: text => {
      s.invalidRatelimitJiffies = Math.ceil(sysctlInt(firstWord(text), 0, INT_MAX) / MSEC_PER_JIFFY)
    },
  }
  yield {
    name: 'net.core.somaxconn',
    read: () => String(s.somaxconn),
    write: text => {
      s.somaxconn = sysctlInt(firstWord(text), 0, INT_MAX)
    },
  }
  yield fastopen(s)
  yield* congestionControl(s, netns.world.profile.tcpCongestionControl ?? TCP_CONGESTION_DEFAULT)
}
