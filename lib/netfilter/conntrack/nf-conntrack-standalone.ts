/**
 * The keys of net.netfilter.nf_conntrack_*.
 *
 * @see net/netfilter/nf_conntrack_standalone.c
 */
import type { Netns } from '../../core/netns.js'
import { type SysctlEntry, sysctlInt } from '../../core/sysctl.js'
import { NetloomError } from '../../errors.js'
import { HZ } from '../../sim/timer.js'
import { nfConntrackBuckets, nfConntrackMax } from './nf-conntrack-entry.js'
import { nfConntrack } from './nf-conntrack-net.js'
import type { NfConntrackSysctls } from './nf-conntrack-sysctls.js'
import {
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_CLOSE_WAIT,
  TCP_CONNTRACK_ESTABLISHED,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_RETRANS,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
  TCP_CONNTRACK_TIME_WAIT,
  TCP_CONNTRACK_UNACK,
} from './nf-conntrack-tcp-state.js'

type NumberField = {
  [K in keyof NfConntrackSysctls]: NfConntrackSysctls[K] extends number ? K : never
}[keyof NfConntrackSysctls]

/** Switches and small numbers: name, field, largest value. */
const SMALL: readonly (readonly [string, NumberField, number])[] = [
  ['acct', 'acct', 1],
  ['checksum', 'checksum', 1],
  ['events', 'events', 2],
  ['timestamp', 'timestamp', 1],
  ['tcp_be_liberal', 'tcpBeLiberal', 1],
  ['tcp_ignore_invalid_rst', 'tcpIgnoreInvalidRst', 1],
  ['tcp_loose', 'tcpLoose', 1],
  ['tcp_max_retrans', 'tcpMaxRetrans', 255],
]

/** Timeouts in seconds: name, field. */
const TIMEOUTS: readonly (readonly [string, NumberField])[] = [
  ['generic_timeout', 'genericTimeout'],
  ['gre_timeout', 'greTimeout'],
  ['gre_timeout_stream', 'greTimeoutStream'],
  ['icmp_timeout', 'icmpTimeout'],
  ['udp_timeout', 'udpTimeout'],
  ['udp_timeout_stream', 'udpTimeoutStream'],
]

/** Timeouts of TCP in seconds: name, place in the table. */
const TCP_TIMEOUTS: readonly (readonly [string, number])[] = [
  ['close', TCP_CONNTRACK_CLOSE],
  ['close_wait', TCP_CONNTRACK_CLOSE_WAIT],
  ['established', TCP_CONNTRACK_ESTABLISHED],
  ['fin_wait', TCP_CONNTRACK_FIN_WAIT],
  ['last_ack', TCP_CONNTRACK_LAST_ACK],
  ['max_retrans', TCP_CONNTRACK_RETRANS],
  ['syn_recv', TCP_CONNTRACK_SYN_RECV],
  ['syn_sent', TCP_CONNTRACK_SYN_SENT],
  ['time_wait', TCP_CONNTRACK_TIME_WAIT],
  ['unacknowledged', TCP_CONNTRACK_UNACK],
]

/** Most seconds that the kernel can count in ticks (proc_dointvec_jiffies). */
const MAX_SEC: number = Math.floor(2147483647 / HZ)

const KEY = 'net.netfilter.nf_conntrack_'

/** A key that every namespace can read and only that of the machine could write, which is none of ours. */
const readOnly = (name: string, read: () => number): SysctlEntry => ({
  name: `${KEY}${name}`,
  read: () => String(read()),
  write: value => {
    throw new NetloomError('EINVAL', undefined, { value })
  },
})

/** Keys of connection tracking in a namespace. */
export const nfConntrackSysctlProvider = function* (netns: Netns): Iterable<SysctlEntry> {
  const cnet = nfConntrack(netns)
  const { sysctls } = cnet
  for (const [name, field, max] of SMALL)
    yield {
      name: `${KEY}${name}`,
      read: () => String(sysctls[field]),
      write: value => {
        sysctls[field] = sysctlInt(value, 0, max)
      },
    }
  for (const [name, field] of TIMEOUTS)
    yield {
      name: `${KEY}${name}`,
      read: () => String(sysctls[field] / HZ),
      write: value => {
        sysctls[field] = sysctlInt(value, -MAX_SEC, MAX_SEC) * HZ
      },
    }
  for (const [name, i] of TCP_TIMEOUTS)
    yield {
      name: `${KEY}tcp_timeout_${name}`,
      read: () => String(sysctls.tcpTimeouts[i]! / HZ),
      write: value => {
        sysctls.tcpTimeouts[i] = sysctlInt(value, -MAX_SEC, MAX_SEC) * HZ
      },
    }
  yield readOnly('buckets', () => nfConntrackBuckets(cnet))
  yield readOnly('max', () => nfConntrackMax(cnet))
  yield readOnly('count', () => {
    cnet.table.expire()
    return cnet.table.count
  })
  yield {
    name: `${KEY}log_invalid`,
    read: () => '0',
    write: value => {
      if (sysctlInt(value, 0, 255) === 0) return
      throw new NetloomError('EOPNOTSUPP', `${KEY}log_invalid can only be 0: netloom does not log invalid packets`, {
        key: `${KEY}log_invalid`,
        value,
      })
    },
  }
}
