/**
 * `nc`: the command line of Debian's OpenBSD netcat 1.219 over app/nc.ts.
 *
 * Names and services are not resolved; addresses may have the short forms of inet_aton, and messages are those of `-n`.
 * Refused: proxies, Unix sockets, IPv6, DCCP, TELNET negotiation, MD5 signatures, `-F`, `-m`.
 *
 * @see nc(1)
 */
import { nc, type NcOptions, type NcOutput } from '../../app/nc.js'
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import { NetloomError } from '../../errors.js'
import { formatIpv4, parseIpv4Aton } from '../../wire/ip.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt } from '../getopt.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { NC_HELP, NC_USAGE } from './usage-text.js'

const SPEC = '46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz'
const SUPPORTED = '-4 -b -C -d -I -i -k -l -M -m -N -n -O -p -q -r -s -T -u -v -W -w -z'
const INT_MAX = 2147483647
const UINT_MAX = 4294967295
/** Largest buffer of -I and -O. */
const BUFFER_MAX = 65536 << 14
const PORT_MAX = 65535

/** Names of `-T`, with the octet that they set. */
const TOS_NAMES: Readonly<Record<string, number>> = {
  lowcost: 0x02,
  lowdelay: 0x10,
  throughput: 0x08,
  reliability: 0x04,
  critical: 0xa0,
  inetcontrol: 0xc0,
  netcontrol: 0xe0,
  ef: 0xb8,
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map(n => [`cs${n}`, n << 5])),
  ...Object.fromEntries([1, 2, 3, 4].flatMap(c => [1, 2, 3].map(d => [`af${c}${d}`, (c << 5) | (d << 3)]))),
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

class Parsed {
  readonly nc: Mutable<NcOptions> = {}
  isUdp = false
  isRandom = false
  sourceText = ''
  portText = ''
}

const fail = (message: string): never => {
  throw new ToolExit(1, `nc: ${message}\n`)
}

const usage = (): never => {
  throw new ToolExit(1, NC_USAGE)
}

/** strtonum: a decimal number between `min` and `max`; `what` names it in the message. */
const number = (text: string, min: number, max: number, what: string): number => {
  if (!/^\s*[+-]?\d+$/.test(text)) return fail(`${what} invalid: ${text}`)
  const value = Number(text)
  if (value < min) return fail(`${what} too small: ${text}`)
  return value > max ? fail(`${what} too large: ${text}`) : value
}

const typeOfService = (text: string): number => {
  const named = TOS_NAMES[text]
  if (named !== undefined) return named
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : -1
  return value >= 0 && value <= 255 ? value : fail(`illegal tos value ${text}`)
}

type Apply = (p: Parsed, value: string) => void

const refused =
  (option: string, instead: string): Apply =>
  () => {
    throw unsupported('nc', option, instead)
  }

const nothing: Apply = () => {}

const OPTIONS: Readonly<Record<string, Apply>> = {
  '4': nothing,
  '6': refused('-6', 'IPv4 (-4)'),
  b: p => {
    p.nc.broadcast = true
  },
  C: p => {
    p.nc.crlf = true
  },
  D: nothing,
  d: p => {
    p.nc.ignoreStdin = true
  },
  F: refused('-F', SUPPORTED),
  I: (p, value) => {
    p.nc.rcvbuf = number(value, 1, BUFFER_MAX, 'TCP receive window')
  },
  i: (p, value) => {
    p.nc.intervalSec = number(value, 0, UINT_MAX, 'interval')
  },
  k: p => {
    p.nc.keepOpen = true
  },
  l: p => {
    p.nc.listen = true
  },
  M: (p, value) => {
    p.nc.ttl = ttl(value, 'ttl')
  },
  m: (p, value) => {
    p.nc.minTtl = ttl(value, 'minttl')
  },
  N: p => {
    p.nc.shutdownOnEof = true
  },
  n: nothing,
  O: (p, value) => {
    p.nc.sndbuf = number(value, 1, BUFFER_MAX, 'TCP send window')
  },
  P: refused('-P', SUPPORTED),
  p: (p, value) => {
    p.portText = value
  },
  q: (p, value) => {
    p.nc.quitSec = number(value, -INT_MAX - 1, INT_MAX, 'quit timer')
  },
  r: p => {
    p.isRandom = true
  },
  S: () => fail('Unable to read TCP MD5SIG password'),
  s: (p, value) => {
    p.sourceText = value
  },
  T: (p, value) => {
    p.nc.tos = typeOfService(value)
  },
  t: refused('-t', SUPPORTED),
  U: refused('-U', SUPPORTED),
  u: p => {
    p.isUdp = true
  },
  V: () => fail('no alternate routing table support available'),
  v: p => {
    p.nc.verbose = true
  },
  W: (p, value) => {
    p.nc.receiveLimit = number(value, 1, INT_MAX, 'receive limit')
  },
  w: (p, value) => {
    p.nc.timeoutSec = number(value, 0, Math.floor(INT_MAX / 1000), 'timeout')
  },
  X: refused('-X', SUPPORTED),
  x: refused('-x', SUPPORTED),
  Z: refused('-Z', SUPPORTED),
  z: p => {
    p.nc.zeroIo = true
  },
}

const ttl = (text: string, what: string): number => {
  if (!/^\s*[+-]?\d+$/.test(text)) return fail(`${what} is invalid`)
  const value = Number(text)
  if (value < 0) return fail(`${what} is too small`)
  return value > 255 ? fail(`${what} is too large`) : value
}

const address = (word: string, port: string): number => {
  try {
    return parseIpv4Aton(word)
  } catch {
    return fail(`getaddrinfo for host "${word}" port ${port}: Name or service not known`)
  }
}

/** A port of the command line. Service names are not known. */
const localPort = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) & PORT_MAX : fail('getaddrinfo: Servname not supported for ai_socktype')

/** The ports `N` or `N-M`, from the lower one on. */
const portsOf = (text: string): number[] => {
  const dash = text.indexOf('-', 1)
  const port = (t: string): number => number(t, 1, PORT_MAX, 'port number')
  if (dash < 0) return [port(text)]
  const ends = [port(text.slice(0, dash)), port(text.slice(dash + 1))].sort((a, b) => a - b)
  return Array.from({ length: ends[1]! - ends[0]! + 1 }, (_, i) => ends[0]! + i)
}

const serverOptions = (p: Parsed, operands: readonly string[]): void => {
  let host = p.sourceText
  let port = p.portText
  if (operands.length === 1 && port === '' && host === '') port = operands[0]!
  else if (operands.length === 2 && host === '' && port === '') [host, port] = [operands[0]!, operands[1]!]
  else if (operands.length > 0) usage()
  if (port === '') fail('missing port number')
  if (host !== '') p.nc.source = address(host, port)
  p.nc.port = localPort(port)
}

const clientOptions = (p: Parsed, operands: readonly string[], random: (below: number) => number): void => {
  const [host, ...words] = operands
  if (host === undefined) return usage()
  const [first] = words
  if (first === undefined) return fail('missing port number')
  const ports = words.flatMap(portsOf)
  if (p.isRandom)
    for (let i = ports.length - 1; i > 0; i--) {
      const j = random(i + 1)
      ;[ports[i], ports[j]] = [ports[j]!, ports[i]!]
    }
  p.nc.ports = ports
  p.nc.destination = address(host, first)
  if (p.sourceText !== '') p.nc.source = address(p.sourceText, p.portText)
  if (p.portText !== '') p.nc.port = localPort(p.portText)
}

const check = (p: Parsed): void => {
  const { listen, zeroIo, keepOpen } = p.nc
  if (listen === true && zeroIo === true) fail('cannot use -z and -l')
  if (listen !== true && keepOpen === true) fail('must use -l with -k')
}

/** Writes what nc says to its process. */
const ncText = (isVerbose: boolean, isUdp: boolean): NcOutput => ({
  data({ process }, octets) {
    process.stdout += octetText(octets)
  },
  bound({ process }, addr, port) {
    if (isVerbose) process.stderr += `${isUdp ? 'Bound' : 'Listening'} on ${formatIpv4(addr)} ${port}\n`
  },
  received({ process }, addr, port) {
    if (isVerbose) process.stderr += `Connection received on ${formatIpv4(addr)} ${port}\n`
  },
  connected({ process }, addr, port) {
    const proto = isUdp ? 'udp' : 'tcp'
    if (isVerbose) process.stderr += `Connection to ${formatIpv4(addr)} ${port} port [${proto}/*] succeeded!\n`
  },
  connectFailed({ process }, addr, port, error) {
    const proto = isUdp ? 'udp' : 'tcp'
    if (isVerbose)
      process.stderr += `nc: connect to ${formatIpv4(addr)} port ${port} (${proto}) failed: ${error.message}\n`
  },
  connectTimedOut({ process }, addr, port) {
    if (isVerbose)
      process.stderr += `nc: connect to ${formatIpv4(addr)} port ${port} (tcp) timed out: Operation now in progress\n`
  },
})

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const getopt = new Getopt(argv.slice(1), SPEC)
  const p = new Parsed()
  for (let o = getopt.next(); o !== null; o = getopt.next()) {
    if (o.option === 'h') {
      ctx.err(`OpenBSD netcat (Debian patchlevel 1.219-1)\n${NC_USAGE}${NC_HELP}`)
      return 0
    }
    OPTIONS[o.option]!(p, o.value)
  }
  const netns = netnsOf(ctx, 'nc')
  if (p.nc.listen === true) serverOptions(p, getopt.operands)
  else clientOptions(p, getopt.operands, below => netns.rng.below(below))
  check(p)
  p.nc.tcp = !p.isUdp
  if (ctx.stdin === null) p.nc.isStdinNull = true
  else p.nc.stdin = ctx.stdin
  try {
    return nc(netns, p.nc, ncText(p.nc.verbose === true, p.isUdp)).process
  } catch (e) {
    if (e instanceof NetloomError && e.code !== 'ESTORM') return fail(e.message)
    throw e
  }
}

/** The command `nc`. */
export const ncCommand: Command = {
  name: 'nc',
  run: exiting(run, (ctx, message) => {
    ctx.err(`nc: ${message}\n${NC_USAGE}`)
    return 1
  }),
}
