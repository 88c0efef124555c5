/**
 * `ping`: the command line of iputils ping over app/ping.ts.
 *
 * Names are not resolved; the address may have the short forms of inet_aton. Refused: IPv6, `-m` and `-r`;
 * stops on the way end as in the real tool, which may not set a source route.
 *
 * @see ping(8)
 */
import { ping, type PingOptions } from '../../app/ping.js'
import { pingSource } from '../../app/ping-setup.js'
import type { Process } from '../../app/process.js'
import type { Netns } from '../../core/netns.js'
import { NetloomError, strerror } from '../../errors.js'
import { PingText, type PingTextOptions } from '../../report/ping-text.js'
import { parseIpv4, parseIpv4Aton, isIpv4Text } from '../../wire/ip.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt } from '../getopt.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { realNumber, wholeNumber } from './numbers.js'
import { PING_USAGE } from './usage-text.js'

const SPEC = 'h?4bRT:6F:N:aABc:CdDe:fI:i:l:Lm:M:nOp:qQ:rs:S:t:UvVw:W:'
const SUPPORTED =
  '-4 -a -A -b -B -c -C -d -D -e -f -I -i -l -L -m -M -n -O -p -q -Q -R -s -S -t -T -U -v -V -w -W and one destination'
const INT_MAX = 2147483647
const VERSION =
  'ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the command line says. */
class Parsed {
  readonly ping: Mutable<PingOptions> = {}
  readonly text: Mutable<Omit<PingTextOptions, 'name'>> = {
    isQuiet: false,
    isFlood: false,
    isVerbose: false,
    withTime: false,
    isAudible: false,
  }
  isIpv4Only = false
  timestampType = ''
  /** Stops of a source route. */
  hops: number[] = []
}

type Apply = (p: Parsed, value: string, ctx: CommandContext) => void

const fail = (status: number, message: string): never => {
  throw new ToolExit(status, `ping: ${message}\n`)
}

const refused =
  (option: string): Apply =>
  () => {
    throw unsupported('ping', option, SUPPORTED)
  }

const seconds = (text: string, ctx: CommandContext): number => {
  const { value, rest } = realNumber(text)
  if (rest !== '')
    ctx.err(`ping: option argument contains garbage: ${rest}\nping: this will become fatal error in the future\n`)
  return value
}

const intervalMs: Apply = (p, value, ctx) => {
  const sec = seconds(value, ctx)
  if (sec > Math.floor(INT_MAX / 1000)) fail(2, `bad timing interval: ${value}`)
  p.ping.intervalMs = Math.max(0, Math.trunc(sec * 1000))
}

const lingerMs: Apply = (p, value, ctx) => {
  const sec = seconds(value, ctx)
  if (sec < 0 || sec > Math.floor(INT_MAX / 1000)) fail(2, `bad linger time: ${value}`)
  p.ping.lingerMs = Math.trunc(sec * 1000)
}

const tos: Apply = (p, value) => {
  const isHex = /^0x/i.test(value)
  const isNumber = isHex ? /^0x[0-9a-f]+$/i.test(value) : /^\s*[+-]?\d+$/.test(value)
  if (!isNumber) fail(2, `bad TOS value: ${value}`)
  const number = Number(value)
  if (number > 255) fail(2, `the decimal value of TOS bits must be in range 0-255: ${number}`)
  p.ping.tos = number & 255
}

const pattern: Apply = (p, value, ctx) => {
  if (/[^0-9a-fA-F]/.test(value)) fail(2, `patterns must be specified as hex digits: ${value}`)
  const octets = (value.match(/..?/g) ?? []).slice(0, 16).map(pair => Number.parseInt(pair, 16))
  p.ping.pattern = Uint8Array.from(octets)
  if (!p.text.isQuiet) ctx.out(`PATTERN: 0x${octets.map(o => o.toString(16).padStart(2, '0')).join('')}\n`)
}

const pmtuDisc: Apply = (p, value) => {
  if (value !== 'do' && value !== 'dont' && value !== 'want') return fail(2, `invalid -M argument: ${value}`)
  p.ping.pmtuDisc = value
}

const timestamps: Apply = (p, value) => {
  if (p.ping.recordRoute === true) fail(2, 'only one of -T or -R may be used')
  if (value !== 'tsonly' && value !== 'tsandaddr' && value !== 'tsprespec') fail(2, `invalid timestamp type: ${value}`)
  p.timestampType = value
}

const sourceOrDevice: Apply = (p, value) => {
  if (isIpv4Text(value)) p.ping.source = parseIpv4(value)
  else p.ping.device = value
}

const flag =
  (set: (p: Parsed) => void): Apply =>
  p =>
    set(p)

const nothing: Apply = () => {}

const OPTIONS: Readonly<Record<string, Apply>> = {
  h: () => {
    throw new ToolExit(2, PING_USAGE)
  },
  '4': flag(p => {
    p.isIpv4Only = true
  }),
  '6': refused('-6'),
  F: refused('-F'),
  N: refused('-N'),
  r: refused('-r'),
  a: flag(p => {
    p.text.isAudible = true
  }),
  A: flag(p => {
    p.ping.adaptive = true
  }),
  b: flag(p => {
    p.ping.broadcast = true
  }),
  B: flag(p => {
    p.ping.sticky = true
  }),
  c: (p, value) => {
    p.ping.count = wholeNumber('ping', value, 1, Number.MAX_SAFE_INTEGER, '9223372036854775807')
  },
  C: nothing,
  d: nothing,
  D: flag(p => {
    p.text.withTime = true
  }),
  e: (p, value) => {
    p.ping.id = wholeNumber('ping', value, 0, 65535)
  },
  f: flag(p => {
    p.text.isFlood = true
    p.ping.flood = true
  }),
  I: sourceOrDevice,
  i: intervalMs,
  l: (p, value) => {
    p.ping.preload = wholeNumber('ping', value, 1, 65536)
  },
  L: flag(p => {
    p.ping.noLoop = true
  }),
  m: (p, value) => {
    p.ping.mark = wholeNumber('ping', value, 0, 0xffffffff)
  },
  M: pmtuDisc,
  n: nothing,
  O: flag(p => {
    p.ping.reportOutstanding = true
  }),
  p: pattern,
  q: flag(p => {
    p.text.isQuiet = true
    p.ping.quiet = true
  }),
  Q: tos,
  R: flag(p => {
    if (p.timestampType !== '') fail(2, 'only one of -T or -R may be used')
    p.ping.recordRoute = true
  }),
  s: (p, value) => {
    p.ping.size = wholeNumber('ping', value, 0, INT_MAX)
  },
  S: (p, value) => {
    p.ping.sndbuf = wholeNumber('ping', value, 1, INT_MAX)
  },
  t: (p, value) => {
    p.ping.ttl = wholeNumber('ping', value, 0, 255)
  },
  T: timestamps,
  U: nothing,
  v: flag(p => {
    p.text.isVerbose = true
  }),
  w: (p, value) => {
    p.ping.deadlineSec = wholeNumber('ping', value, 0, INT_MAX)
  },
  W: lingerMs,
}

const address = (word: string): number => {
  try {
    return parseIpv4Aton(word)
  } catch {
    return fail(2, `${word}: Name or service not known`)
  }
}

/** The destination, after the addresses of `-T tsprespec` or the stops of a source route. */
const destinationOf = (p: Parsed, operands: readonly string[]): string => {
  const destination = operands[operands.length - 1]
  if (destination === undefined) return fail(1, 'usage error: Destination address required')
  const isPrespec = p.timestampType === 'tsprespec'
  if (isPrespec) {
    if (operands.length > 5) throw new ToolExit(2, PING_USAGE)
    p.ping.timestamps = operands.length > 1 ? operands.map(address) : []
  } else if (p.timestampType !== '') p.ping.timestamps = p.timestampType as 'tsonly' | 'tsandaddr'
  if (operands.length > 1 && !isPrespec) {
    if (p.ping.recordRoute === true || p.timestampType !== '' || operands.length > 10) throw new ToolExit(2, PING_USAGE)
    p.hops = operands.slice(0, -1).map(address)
  }
  return destination
}

const announce = (p: Parsed, name: string, ctx: CommandContext): void => {
  const six = p.isIpv4Only ? 'sock6.fd: -1 (socktype: 0)' : 'sock6.fd: 4 (socktype: SOCK_RAW)'
  const family = p.isIpv4Only ? 'AF_INET' : 'AF_UNSPEC'
  ctx.err(`ping: sock4.fd: 3 (socktype: SOCK_RAW), ${six}, hints.ai_family: ${family}\n\n`)
  ctx.out(`ai->ai_family: AF_INET, ai->ai_canonname: '${name}'\n`)
}

/**
 * Stops of a source route. The real tool has given up the right to set one by the time it tries, so that it ends there,
 * after it has looked for its source address.
 */
const refuseHops = (p: Parsed, netns: Netns): never => {
  try {
    pingSource(netns, p.hops[0]!, p.ping)
  } catch (e) {
    if (e instanceof NetloomError) return fail(2, e.message)
    throw e
  }
  return fail(2, `record route: ${strerror('EPERM')}`)
}

const start = (p: Parsed, netns: Netns, name: string, ctx: CommandContext): Process => {
  if (p.text.isVerbose) announce(p, name, ctx)
  const destination = address(name)
  const options: PingOptions = p.ping
  const { preload = 1, intervalMs = 1000 } = options
  if (p.hops.length > 0) refuseHops(p, netns)
  const paced = options.flood === true && options.intervalMs === undefined ? 0 : intervalMs
  if (paced >= Math.floor(INT_MAX / preload)) fail(2, `illegal preload and/or interval: ${paced}`)
  try {
    return ping(netns, destination, options, new PingText({ ...p.text, name })).process
  } catch (e) {
    if (e instanceof NetloomError && e.code !== 'EGRAMMAR' && e.code !== 'ESTORM') return fail(2, e.message)
    throw e
  }
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const getopt = new Getopt(argv.slice(1), SPEC)
  const parsed = new Parsed()
  for (let o = getopt.next(); o !== null; o = getopt.next()) {
    if (o.option === 'V') {
      ctx.out(VERSION)
      return 0
    }
    OPTIONS[o.option === '?' ? 'h' : o.option]!(parsed, o.value, ctx)
  }
  const name = destinationOf(parsed, getopt.operands)
  return start(parsed, netnsOf(ctx, 'ping'), name, ctx)
}

/** The command `ping`. */
export const pingCommand: Command = {
  name: 'ping',
  run: exiting(run, (ctx, message) => {
    ctx.err(`ping: ${message}\n${PING_USAGE}`)
    return 2
  }),
}
