/**
 * `conntrack` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../netfilter/conntrack/nf-conntrack-proto.js'
import {
  IPS_ASSURED,
  IPS_DST_NAT,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from '../netfilter/conntrack/nf-conntrack-common.js'
import type { NfConn } from '../netfilter/conntrack/nf-conn.js'
import { nfCtHasPorts } from '../netfilter/conntrack/nf-conntrack-tuple.js'
import { CT_PROTOCOLS, conntrackText } from '../report/conntrack-text.js'
import {
  type ConntrackInfo as KernelInfo,
  conntrackCount,
  conntrackDelete,
  type CtTuple as KernelTuple,
  conntrackFlush,
  conntrackInfo,
  conntrackList,
  conntrackListen,
  conntrackStat,
  conntrackUpdate,
} from '../rtnl/conntrack.js'
import { formatIpv4 } from '../wire/ip.js'
import { IPPROTO_ICMP } from '../wire/ipv4.js'
import { checkOptions, ipv4Option, numberOption } from '../app/text.js'

/** One direction of a connection. */
export interface CtTuple {
  readonly src: string
  readonly dst: string
  /** Ports, for protocols that have them. */
  readonly sport?: number
  readonly dport?: number
  /** Of ICMP. */
  readonly type?: number
  readonly code?: number
  readonly id?: number
  /** 0 for connections without a zone. */
  readonly zone: number
  /** What went in this direction; absent while net.netfilter.nf_conntrack_acct is 0. */
  readonly packets?: number
  readonly bytes?: number
}

/** A connection at one moment. */
export interface ConntrackEntry {
  /** `tcp`, `udp`, `icmp` ..., or the number as text. */
  readonly protocol: string
  readonly orig: CtTuple
  /** What the answers look like, after translation. */
  readonly reply: CtTuple
  /** State of TCP as the tool prints it. */
  readonly state?: string
  /** Whole seconds until it is forgotten. */
  readonly timeoutSec: number
  readonly isReplied: boolean
  readonly isAssured: boolean
  readonly isSrcNat: boolean
  readonly isDstNat: boolean
  readonly mark: number
  /** A number of its own (`-o id`). */
  readonly id: number
  /** The line of `conntrack -L`. */
  readonly text: string
}

/** Something that happened to a connection. */
export interface ConntrackEvent {
  readonly type: 'new' | 'update' | 'destroy'
  readonly entry: ConntrackEntry
}

/** Which connections are meant; all that is named must hold. */
export interface ConntrackFilter {
  /** `tcp`, `udp`, `icmp` ..., or a number. */
  readonly protocol?: string | number
  readonly src?: string
  readonly dst?: string
  readonly sport?: number
  readonly dport?: number
  readonly replySrc?: string
  readonly replyDst?: string
  readonly mark?: number
  readonly zone?: number
}

/** What can be changed of connections. */
export interface ConntrackChange {
  readonly mark?: number
  readonly timeoutSec?: number
  /** Never dropped early. */
  readonly assured?: true
  /** The timeout does not start anew with each packet. */
  readonly fixedTimeout?: true
}

/** Counters of `conntrack -S`. */
export interface ConntrackStats {
  readonly invalid: number
  readonly insertFailed: number
  readonly drop: number
  readonly earlyDrop: number
  readonly error: number
  readonly clashResolve: number
}

const protocolName = (protonum: number): string =>
  Object.entries(CT_PROTOCOLS).find(([, n]) => n === protonum)?.[0] ?? String(protonum)

const publicTuple = (t: KernelTuple, protonum: number): CtTuple => ({
  src: formatIpv4(t.src),
  dst: formatIpv4(t.dst),
  ...(nfCtHasPorts(protonum) && { sport: t.ports >>> 16, dport: t.ports & 0xffff }),
  ...(protonum === IPPROTO_ICMP && {
    type: (t.ports >> 8) & 0xff,
    code: t.ports & 0xff,
    id: t.ports >>> 16,
  }),
  zone: t.zone,
  ...(t.packets !== null && { packets: t.packets, bytes: t.bytes! }),
})

/** @internal a connection as users see it */
export const publicEntry = (info: KernelInfo, now: number): ConntrackEntry => ({
  protocol: protocolName(info.protonum),
  orig: publicTuple(info.orig, info.protonum),
  reply: publicTuple(info.repl, info.protonum),
  ...(info.tcpState !== null && { state: info.tcpState }),
  timeoutSec: info.timeoutSec ?? 0,
  isReplied: (info.status & IPS_SEEN_REPLY) !== 0,
  isAssured: (info.status & IPS_ASSURED) !== 0,
  isSrcNat: (info.status & IPS_SRC_NAT) !== 0,
  isDstNat: (info.status & IPS_DST_NAT) !== 0,
  mark: info.mark ?? 0,
  id: info.id,
  text: conntrackText(info, {}, now),
})

const FILTER_KEYS = ['protocol', 'src', 'dst', 'sport', 'dport', 'replySrc', 'replyDst', 'mark', 'zone'] as const

const protocolNumber = (protocol: string | number): number => {
  const n = typeof protocol === 'number' ? protocol : (CT_PROTOCOLS[protocol] ?? Number(protocol))
  if (Number.isInteger(n) && n >= 0 && n < 256) return n
  throw new NetloomError(
    'EINVAL',
    `protocol: "${protocol}" is neither a number nor one of ${Object.keys(CT_PROTOCOLS).join(', ')}`,
    {
      protocol,
    },
  )
}

type Test = (ct: NfConn) => boolean

/** One test for each part that a filter names. */
const testsOf = (call: string, filter: ConntrackFilter): Test[] => {
  checkOptions(call, filter, FILTER_KEYS)
  const tests: Test[] = []
  const { protocol, src, dst, sport, dport, replySrc, replyDst, mark, zone } = filter
  const addr = (option: string, text: string | undefined, of: (ct: NfConn) => number): void => {
    if (text === undefined) return
    const wanted = ipv4Option(option, text)
    tests.push(ct => of(ct) === wanted)
  }
  const number = (option: string, wanted: number | undefined, max: number, of: (ct: NfConn) => number): void => {
    if (wanted === undefined) return
    numberOption(option, wanted, max)
    tests.push(ct => of(ct) === wanted)
  }
  if (protocol !== undefined) {
    const protonum = protocolNumber(protocol)
    tests.push(ct => ct.protonum === protonum)
  }
  addr('src', src, ct => ct.origSrc)
  addr('dst', dst, ct => ct.origDst)
  addr('replySrc', replySrc, ct => ct.replSrc)
  addr('replyDst', replyDst, ct => ct.replDst)
  number('sport', sport, 0xffff, ct => ct.origPorts >>> 16)
  number('dport', dport, 0xffff, ct => ct.origPorts & 0xffff)
  number('mark', mark, 0xffffffff, ct => ct.mark >>> 0)
  number('zone', zone, 0xffff, ct => ct.origZone)
  return tests
}

/** The `conntrack` of a namespace: `netns.conntrack`. */
export class ConntrackApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  #matching(call: string, filter: ConntrackFilter): NfConn[] {
    const tests = testsOf(call, filter)
    return conntrackList(this.#netns).filter(ct => tests.every(test => test(ct)))
  }

  /**
   * Switches tracking on, as a rule that needs it would; returns a function that takes this back. Connections stay until
   * they expire.
   */
  enable(): () => void {
    nfCtNetnsGet(this.#netns)
    let isOn = true
    return () => {
      if (isOn) nfCtNetnsPut(this.#netns)
      isOn = false
    }
  }

  /**
   * The connections that have not expired (`conntrack -L`). Throws EINVAL for an address or a number that is none.
   *
   * @example
   * router.conntrack.list({ protocol: 'tcp', dport: 80 }).map(c => c.state)
   */
  list(filter: ConntrackFilter = {}): ConntrackEntry[] {
    const { now } = this.#netns.world
    return this.#matching('conntrack.list', filter).map(ct => publicEntry(conntrackInfo(ct), now))
  }

  /** How many connections there are (`conntrack -C`). */
  count(): number {
    return conntrackCount(this.#netns)
  }

  /** Removes connections (`conntrack -D`); returns how many. */
  delete(filter: ConntrackFilter): number {
    return this.#matching('conntrack.delete', filter).filter(ct => conntrackDelete(this.#netns, ct)).length
  }

  /** Changes connections (`conntrack -U`); returns how many. */
  update(filter: ConntrackFilter, change: ConntrackChange): number {
    checkOptions('conntrack.update', change, ['mark', 'timeoutSec', 'assured', 'fixedTimeout'])
    const { mark, timeoutSec, assured, fixedTimeout } = change
    if (mark !== undefined) numberOption('mark', mark, 0xffffffff)
    if (timeoutSec !== undefined) numberOption('timeoutSec', timeoutSec, 8_589_934)
    const bits = (assured === true ? IPS_ASSURED : 0) | (fixedTimeout === true ? IPS_FIXED_TIMEOUT : 0)
    const all = this.#matching('conntrack.update', filter)
    for (const ct of all)
      conntrackUpdate(this.#netns, ct, {
        ...(mark !== undefined && { mark }),
        ...(timeoutSec !== undefined && { timeoutSec }),
        ...(bits !== 0 && { status: ct.status | bits }),
      })
    return all.length
  }

  /** Removes all connections (`conntrack -F`). */
  flush(): void {
    conntrackFlush(this.#netns)
  }

  /** What was counted (`conntrack -S`). */
  stats(): ConntrackStats {
    const { invalid, insertFailed, drop, earlyDrop, error, clashResolve } = conntrackStat(this.#netns)
    return { invalid, insertFailed, drop, earlyDrop, error, clashResolve }
  }

  /** Calls `fn` for everything that happens to connections (`conntrack -E`); returns a function that ends this. */
  onEvent(fn: (event: ConntrackEvent) => void): () => void {
    return conntrackListen(this.#netns, ({ type, info }) =>
      fn({ type, entry: publicEntry(info, this.#netns.world.now) }),
    )
  }
}
