/**
 * `conntrack` 1.4.7: the table of connections, and what happens to it.
 *
 * Refused: labels and files of commands (-R). The table of expectations is empty, as nothing expects connections.
 *
 * @see conntrack(8); conntrack-tools src/conntrack.c
 */
import { Process } from '../../app/process.js'
import type { Netns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import type { NfConn } from '../../netfilter/conntrack/nf-conn.js'
import { NfConntrackTuple } from '../../netfilter/conntrack/nf-conntrack-tuple.js'
import {
  CONNTRACK_XML_HEAD,
  CONNTRACK_XML_TAIL,
  conntrackEventSave,
  conntrackEventText,
  conntrackEventXml,
  conntrackSave,
  conntrackText,
  conntrackXml,
  type ConntrackTextOptions,
} from '../../report/conntrack-text.js'
import {
  conntrackCount,
  conntrackCreate,
  conntrackDelete,
  type ConntrackEvent,
  conntrackFind,
  conntrackFlush,
  type ConntrackInfo,
  conntrackInfo,
  conntrackList,
  conntrackListen,
  type ConntrackSpec,
  conntrackStat,
  conntrackUpdate,
  conntrackZero,
} from '../../rtnl/conntrack.js'
import { IPPROTO_ICMP } from '../../wire/ipv4.js'
import type { Command, CommandContext } from '../../app/command.js'
import { matchesConntrack } from '../conntrack/filter.js'
import { CONNTRACK, parameterProblem } from '../conntrack/options.js'
import { type ConntrackArgs, type MaskedAddr, parseConntrack } from '../conntrack/parse.js'
import { CONNTRACK_USAGE } from '../conntrack/usage.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const EXIT_FAILURE = 1
/** Options that say which connections are meant. */
const COMPARISON = 'sdrqpmcw()u'

const textOptions = ({ output }: ConntrackArgs): ConntrackTextOptions => ({
  extended: output.has('EXTENDED'),
  id: output.has('ID'),
  ktimestamp: output.has('KTIMESTAMP'),
  timestamp: output.has('TIMESTAMP'),
})

/** Prints connections one after the other, within one element for XML. */
class Printer {
  readonly #a: ConntrackArgs
  readonly #out: (text: string) => void
  readonly #netns: Netns
  readonly #isXml: boolean
  count = 0

  constructor(netns: Netns, a: ConntrackArgs, out: (text: string) => void) {
    this.#netns = netns
    this.#a = a
    this.#out = out
    this.#isXml = a.output.has('XML')
  }

  #line(text: string): void {
    if (this.count++ === 0 && this.#isXml) this.#out(CONNTRACK_XML_HEAD)
    this.#out(`${text}\n`)
  }

  print(info: ConntrackInfo): void {
    const { output } = this.#a
    const o = textOptions(this.#a)
    const { now } = this.#netns.world
    if (output.has('SAVE')) this.#line(conntrackSave(info, 'A'))
    else this.#line(this.#isXml ? conntrackXml(info, o, now) : conntrackText(info, o, now))
  }

  printEvent(event: ConntrackEvent): void {
    const { output } = this.#a
    const o = textOptions(this.#a)
    const { now } = this.#netns.world
    if (output.has('SAVE')) this.#line(conntrackEventSave(event))
    else this.#line(this.#isXml ? conntrackEventXml(event, o, now) : conntrackEventText(event, o, now))
  }

  end(): void {
    if (this.#isXml && this.count > 0) this.#out(CONNTRACK_XML_TAIL)
  }
}

const shown = (ctx: CommandContext, count: number, verb: string): void =>
  ctx.err(`${CONNTRACK}: ${count} flow entries have been ${verb}.\n`)

const list = (ctx: CommandContext, netns: Netns, a: ConntrackArgs): number => {
  const isZero = a.given.has('z')
  if (isZero && [...COMPARISON].some(letter => a.given.has(letter)))
    parameterProblem("Can't use -z with filtering parameters")
  if (a.status?.mask === 0) operationFailed('EINVAL')
  const printer = new Printer(netns, a, ctx.out)
  const all = a.table === 'conntrack' ? conntrackList(netns) : []
  for (const ct of all) {
    const info = conntrackInfo(ct)
    if (!matchesConntrack(a, info)) continue
    printer.print(info)
    if (isZero) conntrackZero(ct)
  }
  printer.end()
  shown(ctx, printer.count, 'shown')
  return 0
}

const remove = (ctx: CommandContext, netns: Netns, a: ConntrackArgs): number => {
  const printer = new Printer(netns, a, ctx.out)
  for (const ct of conntrackList(netns)) {
    const info = conntrackInfo(ct)
    if (!matchesConntrack(a, info) || !conntrackDelete(netns, ct)) continue
    printer.print(info)
  }
  printer.end()
  shown(ctx, printer.count, 'deleted')
  return printer.count === 0 ? EXIT_FAILURE : 0
}

/** Options that tell the family of addresses, without which the kernel changes nothing. */
const FAMILY_TELLING = ['f', 's', 'd', 'r', 'q']

/** Would the connection be another one afterwards? The tool does not ask the kernel otherwise. */
const isChange = (ct: NfConn, info: ConntrackInfo, a: ConntrackArgs): boolean =>
  (a.timeoutSec !== null && a.timeoutSec !== info.timeoutSec) ||
  (a.status !== null && (ct.status | a.status.value) !== ct.status) ||
  (a.mark !== null && (((ct.mark & ~a.mark.mask) ^ a.mark.value) | 0) !== ct.mark) ||
  (a.state !== null && ct.tcp !== null && a.state !== ct.tcp.state)

/** Of several that are changed the tool counts all and prints the first. */
const update = (ctx: CommandContext, netns: Netns, a: ConntrackArgs): number => {
  const printer = new Printer(netns, a, ctx.out)
  let count = 0
  for (const ct of conntrackList(netns)) {
    const info = conntrackInfo(ct)
    if (!matchesConntrack(a, info) || !isChange(ct, info, a)) continue
    if (!FAMILY_TELLING.some(letter => a.given.has(letter))) {
      ctx.err(`Operation failed: ${ERRORS['EOPNOTSUPP']}\n`)
      operationFailed('EOPNOTSUPP')
    }
    applyChange(netns, ct, a)
    if (count++ === 0) printer.print(conntrackInfo(ct, 2))
  }
  printer.end()
  shown(ctx, count, 'updated')
  return count === 0 ? EXIT_FAILURE : 0
}

const applyChange = (netns: Netns, ct: NfConn, a: ConntrackArgs): void =>
  conntrackUpdate(netns, ct, {
    ...(a.timeoutSec !== null && { timeoutSec: a.timeoutSec }),
    ...(a.status !== null && { status: ct.status | a.status.value }),
    ...(a.mark !== null && { mark: a.mark.value, markMask: a.mark.mask }),
    ...(a.state !== null && { tcpState: a.state }),
  })

const tupleOf = (
  src: MaskedAddr | null,
  dst: MaskedAddr | null,
  ports: number,
  protonum: number,
): NfConntrackTuple | null =>
  src === null || dst === null ? null : new NfConntrackTuple().set(src.addr, dst.addr, ports, protonum)

/** The connection that a command line describes. */
const specOf = (a: ConntrackArgs): ConntrackSpec => {
  const protonum = a.protonum!
  const isIcmp = protonum === IPPROTO_ICMP
  const icmpPorts = ((a.icmpId ?? 0) << 16) | ((a.icmpType ?? 0) << 8) | (a.icmpCode ?? 0)
  const ports = isIcmp ? icmpPorts : ((a.sport ?? a.replyPortDst ?? 0) << 16) | (a.dport ?? a.replyPortSrc ?? 0)
  const replyPorts = ((a.replyPortSrc ?? a.dport ?? 0) << 16) | (a.replyPortDst ?? a.sport ?? 0)
  const both = a.zone ?? 0
  const hasSplitZones = a.origZone !== null || a.replyZone !== null
  const { srcNat, dstNat } = a
  const nat = (n: NonNullable<typeof srcNat>): { addr: number; port?: number } => ({
    addr: n.addr ?? 0,
    ...(n.port !== null && { port: n.port }),
  })
  return {
    protonum,
    orig: tupleOf(a.src, a.dst, ports, protonum),
    repl: isIcmp ? null : tupleOf(a.replySrc, a.replyDst, replyPorts, protonum),
    origZone: hasSplitZones ? (a.origZone ?? 0) : both,
    replZone: hasSplitZones ? (a.replyZone ?? 0) : both,
    ...(a.timeoutSec !== null && { timeoutSec: a.timeoutSec }),
    ...(a.status !== null && { status: a.status.value }),
    ...(a.mark !== null && { mark: a.mark.value }),
    ...(a.state !== null && { tcpState: a.state }),
    ...(srcNat?.addr != null && { srcNat: nat(srcNat) }),
    ...(dstNat?.addr != null && { dstNat: nat(dstNat) }),
  }
}

const ERRORS: Readonly<Record<string, string>> = {
  EEXIST: 'Such conntrack exists, try -U to update',
  EINVAL: 'invalid parameters',
  ENOENT: "such conntrack doesn't exist",
  ENOMEM: 'not enough memory',
  EOPNOTSUPP: 'Operation not supported',
}

/** Leaves as the tool does when the kernel refuses. */
const operationFailed = (code: string): never => {
  throw new ToolExit(EXIT_FAILURE, `${CONNTRACK}: Operation failed: ${ERRORS[code] ?? code}\n`)
}

const refusesIpv6 = (a: ConntrackArgs): void => {
  if (a.isIpv6) throw unsupported('conntrack', '-f ipv6', 'IPv4 addresses')
}

const create = (ctx: CommandContext, netns: Netns, a: ConntrackArgs, isAdd: boolean): number => {
  refusesIpv6(a)
  if ((a.replySrc === null) !== (a.replyDst === null) || (a.src === null) !== (a.dst === null))
    operationFailed('EINVAL')
  try {
    conntrackCreate(netns, specOf(a))
  } catch (e) {
    if (e instanceof NetloomError && e.code in ERRORS) operationFailed(e.code)
    throw e
  }
  shown(ctx, 1, isAdd ? 'added' : 'created')
  return 0
}

const get = (ctx: CommandContext, netns: Netns, a: ConntrackArgs): number => {
  refusesIpv6(a)
  const spec = specOf(a)
  if (spec.orig === null) operationFailed('EINVAL')
  const ct = conntrackFind(netns, spec)
  if (ct === null) return operationFailed('ENOENT')
  const printer = new Printer(netns, a, ctx.out)
  printer.print(conntrackInfo(ct, 2))
  printer.end()
  shown(ctx, printer.count, 'shown')
  return 0
}

const stats = (ctx: CommandContext, netns: Netns): number => {
  const s = conntrackStat(netns)
  ctx.out(
    `cpu=0   \tfound=${s.found} invalid=${s.invalid} insert=${s.insert} insert_failed=${s.insertFailed} drop=${s.drop} ` +
      `early_drop=${s.earlyDrop} error=${s.error} search_restart=${s.searchRestart} clash_resolve=${s.clashResolve} ` +
      `chaintoolong=${s.chaintoolong} \n`,
  )
  return 0
}

const wantsEvent = (a: ConntrackArgs, type: ConntrackEvent['type']): boolean => {
  const { events } = a
  if (events.size === 0 || events.has('ALL')) return true
  return events.has(type === 'update' ? 'UPDATES' : type.toUpperCase())
}

/** Prints events until it is killed. */
const event = (netns: Netns, a: ConntrackArgs): Process => {
  let end: () => void = () => {}
  const process = new Process(netns, 'conntrack', () => {
    end()
    printer.end()
    process.stderr += `${CONNTRACK}: ${printer.count} flow events have been shown.\n`
  })
  const printer = new Printer(netns, a, text => {
    process.stdout += text
  })
  end = conntrackListen(netns, e => {
    if (wantsEvent(a, e.type) && matchesConntrack(a, e.info)) printer.printEvent(e)
  })
  return process
}

const expect = (ctx: CommandContext, netns: Netns, command: string): number | Process => {
  switch (command) {
    case 'list expect':
      ctx.err(`${CONNTRACK}: 0 expectations have been shown.\n`)
      return 0
    case 'flush expect':
      ctx.err(`${CONNTRACK}: expectation table has been emptied.\n`)
      return 0
    case 'count expect':
      ctx.out('0\n')
      return 0
    case 'stats expect':
      ctx.out('cpu=0   \texpect_new=0 expect_create=0 expect_delete=0 \n')
      return 0
    case 'event expect':
      return new Process(netns, 'conntrack', () => {})
    default:
      throw unsupported('conntrack', 'expect', 'conntrack: netloom has no helpers that expect connections')
  }
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const a = parseConntrack(argv.slice(1))
  if (a.command === 'version') {
    ctx.out(`${CONNTRACK}\n`)
    return 0
  }
  if (a.command === 'help') {
    ctx.out(CONNTRACK_USAGE)
    return 0
  }
  ctx.err(a.warning)
  const netns = netnsOf(ctx, 'conntrack')
  switch (a.command) {
    case 'list':
      return list(ctx, netns, a)
    case 'delete':
      return remove(ctx, netns, a)
    case 'update':
      return update(ctx, netns, a)
    case 'create':
      return create(
        ctx,
        netns,
        a,
        argv.some(word => word === '--add' || /^-[A-Za-z]*A/.test(word)),
      )
    case 'get':
      return get(ctx, netns, a)
    case 'flush':
      conntrackFlush(netns)
      ctx.err(`${CONNTRACK}: connection tracking table has been emptied.\n`)
      return 0
    case 'count':
      ctx.out(`${conntrackCount(netns)}\n`)
      return 0
    case 'stats':
      return stats(ctx, netns)
    case 'event':
      return event(netns, a)
    default:
      return expect(ctx, netns, a.command)
  }
}

/** The command `conntrack`. */
export const conntrackCommand: Command = { name: 'conntrack', run: exiting(run) }
