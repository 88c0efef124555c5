/**
 * `tcpdump` 4.99: captures of one device into a file, or as lines of text.
 *
 * Names are never resolved: every capture prints as with `-n`. Refused: reading files, rotating them, the `any` device,
 * other link types, `-q` and `-K` for text.
 *
 * @see tcpdump(8)
 */
import { Process } from '../../app/process.js'
import { type Capture, capture, type CaptureOptions, linkTypeOf } from '../../capture/tap.js'
import { compileFilter, type FrameFilter } from '../../capture/filter.js'
import { DEFAULT_SNAPLEN, type PcapWriter } from '../../capture/pcap.js'
import { IFF_LOOPBACK, IFF_UP, type NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import { inDevOf } from '../../ip/in-device.js'
import { CaptureText, type CaptureTextOptions, type StampStyle } from '../../report/capture-text.js'
import { ethtoolSegments } from '../../rtnl/ethtool.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt, type LongOption } from '../getopt.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { TCPDUMP_USAGE } from './usage-text.js'

const SPEC = 'AbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#'
const SUPPORTED =
  '-A -B -c -e -f -i -l -n -N -O -p -Q -s -S -t -u -U -v -w -x -X -Z -# --immediate-mode --micro --nano --number --print'
const LONG: readonly LongOption[] = [
  { name: 'buffer-size', takesValue: true, option: 'B' },
  { name: 'list-interfaces', takesValue: false, option: 'D' },
  { name: 'help', takesValue: false, option: 'h' },
  { name: 'interface', takesValue: true, option: 'i' },
  { name: 'monitor-mode', takesValue: false, option: 'I' },
  { name: 'snapshot-length', takesValue: true, option: 's' },
  { name: 'time-stamp-type', takesValue: true, option: 'j' },
  { name: 'time-stamp-precision', takesValue: true, option: 'precision' },
  { name: 'dont-verify-checksums', takesValue: false, option: 'K' },
  { name: 'list-data-link-types', takesValue: false, option: 'L' },
  { name: 'no-optimize', takesValue: false, option: 'O' },
  { name: 'no-promiscuous-mode', takesValue: false, option: 'p' },
  { name: 'direction', takesValue: true, option: 'Q' },
  { name: 'absolute-tcp-sequence-numbers', takesValue: false, option: 'S' },
  { name: 'packet-buffered', takesValue: false, option: 'U' },
  { name: 'linktype', takesValue: true, option: 'y' },
  { name: 'immediate-mode', takesValue: false, option: 'immediate' },
  { name: 'relinquish-privileges', takesValue: true, option: 'Z' },
  { name: 'count', takesValue: false, option: 'count' },
  { name: 'number', takesValue: false, option: '#' },
  { name: 'print', takesValue: false, option: 'print' },
  { name: 'version', takesValue: false, option: 'version' },
  { name: 'micro', takesValue: false, option: 'micro' },
  { name: 'nano', takesValue: false, option: 'nano' },
]
const VERSION = 'tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\n'
const STAMPS: readonly StampStyle[] = ['clock', 'none', 'epoch', 'delta', 'date', 'since-first']
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the command line says. */
class Parsed {
  readonly capture: Mutable<CaptureOptions> = {}
  readonly text: Mutable<CaptureTextOptions> = {
    stamps: 'clock',
    isNano: false,
    withNumbers: false,
    verbose: 0,
    linkLevel: false,
    absoluteSequence: false,
    dump: 'none',
    dumpLinkLevel: false,
  }
  dev = ''
  file = ''
  stampCount = 0
  /** How often -x, -X and -A were given. */
  readonly dumps: Record<'x' | 'X' | 'A', number> = { x: 0, X: 0, A: 0 }
  /** The option that text cannot obey. */
  textless = ''
  prints = false
}

const fail = (message: string): never => {
  throw new ToolExit(1, `tcpdump: ${message}\n`)
}

type Apply = (p: Parsed, value: string) => void
const nothing: Apply = () => {}

const refused =
  (option: string): Apply =>
  () => {
    throw unsupported('tcpdump', option, SUPPORTED)
  }

const notInText =
  (option: string): Apply =>
  p => {
    p.textless = option
  }

const snapLen = (value: string): number => {
  const n = /^\d+$/.test(value) ? Number(value) : -1
  if (n < 0 || n > DEFAULT_SNAPLEN) return fail(`invalid snaplen ${value} (must be >= 0 and <= ${DEFAULT_SNAPLEN})`)
  return n === 0 ? DEFAULT_SNAPLEN : n
}

const direction: Apply = (p, value) => {
  const word = value.toLowerCase()
  if (word !== 'in' && word !== 'out' && word !== 'inout') return fail(`unknown capture direction \`${value}'`)
  p.capture.direction = word
}

const precision: Apply = (p, value) => {
  if (value !== 'nano' && value !== 'micro') fail('unsupported time stamp precision')
  p.text.isNano = value === 'nano'
}

const linkType: Apply = (_p, value) => {
  if (value.toUpperCase() !== 'EN10MB') throw unsupported('tcpdump', value, 'EN10MB')
}

const dumpOption =
  (letter: 'x' | 'X' | 'A'): Apply =>
  p => {
    p.dumps[letter]++
  }

const OPTIONS: Readonly<Record<string, Apply>> = {
  A: dumpOption('A'),
  B: nothing,
  c: (p, value) => {
    const n = /^\s*[+-]?\d+$/.test(value) ? Number(value) : 0
    p.capture.limit = n > 0 ? n : fail(`invalid packet count ${value}`)
  },
  e: p => {
    p.text.linkLevel = true
  },
  f: nothing,
  i: (p, value) => {
    p.dev = value
  },
  K: notInText('-K'),
  l: nothing,
  n: nothing,
  N: nothing,
  O: nothing,
  p: p => {
    p.capture.promisc = false
  },
  q: notInText('-q'),
  Q: direction,
  s: (p, value) => {
    p.capture.snapLen = snapLen(value)
  },
  S: p => {
    p.text.absoluteSequence = true
  },
  t: p => {
    p.stampCount++
  },
  u: nothing,
  U: nothing,
  v: p => {
    p.text.verbose++
  },
  w: (p, value) => {
    p.file = value
  },
  x: dumpOption('x'),
  X: dumpOption('X'),
  y: linkType,
  Z: nothing,
  '#': p => {
    p.text.withNumbers = true
  },
  immediate: nothing,
  print: p => {
    p.prints = true
  },
  micro: p => {
    p.text.isNano = false
  },
  nano: p => {
    p.text.isNano = true
  },
  precision,
}

const finishOptions = (p: Parsed): void => {
  const stamps = STAMPS[p.stampCount]
  if (stamps === undefined) return fail('only -t, -tt, -ttt, -tttt and -ttttt are supported')
  p.text.stamps = stamps
  const { x, X, A } = p.dumps
  p.text.dump = X > 0 ? 'both' : x > 0 ? 'hex' : A > 0 ? 'text' : 'none'
  p.text.dumpLinkLevel = X > 1 || (X === 0 && x > 1) || (X === 0 && x === 0 && A > 1)
  if (p.file === '') p.prints = true
  else if (!FILE_NAME.test(p.file)) throw unsupported('tcpdump', p.file, 'a plain file name, such as h1-eth0.pcap')
  if (p.prints && p.textless !== '') throw unsupported('tcpdump', p.textless, `${SUPPORTED}, or a file (-w)`)
}

/** The device to capture on: the named one, or the first that is up and not lo. */
const deviceOf = (netns: Netns, name: string): NetDevice => {
  if (name === '') {
    const up = netns.devices.filter(d => (d.flags & IFF_UP) !== 0)
    return up.find(d => (d.flags & IFF_LOOPBACK) === 0) ?? up[0] ?? fail('no suitable device found')
  }
  const dev = netns.devByName(name)
  if (dev === null) {
    if (name === 'any' || /^\d+$/.test(name)) throw unsupported('tcpdump', name, 'the name of a device')
    return fail(`${name}: No such device exists\n(No such device exists)`)
  }
  return (dev.flags & IFF_UP) === 0 ? fail(`${name}: That device is not up`) : dev
}

const filterOf = (dev: NetDevice, words: readonly string[]): FrameFilter => {
  try {
    return compileFilter(words.join(' '), {
      netmask: inDevOf(dev)?.ifaList[0]?.mask ?? 0,
      linkType: linkTypeOf(dev),
    })
  } catch (e) {
    const tool = e instanceof NetloomError ? e.context['tool'] : undefined
    if (typeof tool !== 'string') throw e
    if (tool.includes('not supported')) throw unsupported('tcpdump', String((e as NetloomError).context['word']), tool)
    return fail(tool)
  }
}

/**
 * Octets in front of a frame in its place of the ring of immediate mode (TPACKET_V2): as libpcap computes them, which
 * does not know the length of the link header, and as the kernel does; and what the places are rounded to.
 */
const RING_PLANNED_OFFSET = 68
const RING_MAC_OFFSET = 70
const RING_ALIGNMENT = 16
/** Ethernet and VLAN header: what libpcap adds to the MTU to get the longest frame. */
const LINK_HEADERS = 18
const LONGEST_PACKET = 65535

/**
 * Octets kept of a frame. In immediate mode libpcap makes the places of its ring as long as the device's MTU at that
 * moment needs, so that frames of a larger MTU that is set later are cut; where a device segments or puts together,
 * they are as long as the longest packet. Other link types than Ethernet have places for all that was asked for.
 */
const keptOctets = (p: Parsed, dev: NetDevice): number => {
  const { snapLen: asked = DEFAULT_SNAPLEN } = p.capture
  if (linkTypeOf(dev) === 'raw') return asked
  const most = ethtoolSegments(dev) ? Math.max(dev.mtu, LONGEST_PACKET) : dev.mtu
  const longest = Math.min(asked, most + LINK_HEADERS)
  const place = Math.ceil((RING_PLANNED_OFFSET + longest) / RING_ALIGNMENT) * RING_ALIGNMENT
  return Math.min(asked, place - RING_MAC_OFFSET)
}

/** Offset of the snap length in a capture file. */
const FILE_SNAPLEN = 16

/** The capture file; its header has the length that was asked for, whatever the ring kept. */
const fileOf = (pcap: PcapWriter, asked: number): Uint8Array => {
  const file = pcap.bytes()
  new DataView(file.buffer, file.byteOffset).setUint32(FILE_SNAPLEN, asked, true)
  return file
}

const plural = (n: number): string => `${n} packet${n === 1 ? '' : 's'}`

/** What tcpdump says at the end. */
const sums = ({ count }: Capture): string =>
  `${plural(count)} captured\n${plural(count)} received by filter\n0 packets dropped by kernel\n`

const start = (ctx: CommandContext, p: Parsed, dev: NetDevice, filter: FrameFilter): Process => {
  let running: Capture | null = null
  let hasLimitCome = false
  const process = new Process(dev.netns, 'tcpdump', () => {
    running!.close()
    // A capture that is killed may have been in the middle of a line.
    if (!hasLimitCome && p.prints) process.stdout += '\n'
    process.stderr += sums(running!)
  })
  const text = new CaptureText({ ...p.text, linkType: linkTypeOf(dev) })
  running = capture(dev, {
    ...p.capture,
    snapLen: keptOctets(p, dev),
    filter,
    keep: p.file !== '',
    ...(p.prints && {
      onFrame: f => {
        process.stdout += text.frame(f.timeNs, f.data, f.wireLen)
      },
    }),
    onLimit: () => {
      hasLimitCome = true
      dev.netns.world.sim.task(() => process.exit(0), null, 'tcpdump')
    },
  })
  const { pcap } = running
  if (pcap !== null) ctx.addFile(p.file, () => fileOf(pcap, p.capture.snapLen ?? DEFAULT_SNAPLEN))
  const isTerse = p.prints && p.text.verbose === 0
  process.stderr += isTerse
    ? 'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n'
    : 'tcpdump: '
  process.stderr += `listening on ${dev.name}, link-type ${linkTypeOf(dev) === 'raw' ? 'RAW (Raw IP)' : 'EN10MB (Ethernet)'}, snapshot length ${p.capture.snapLen ?? DEFAULT_SNAPLEN} bytes\n`
  return process
}

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  const getopt = new Getopt(argv.slice(1), SPEC, LONG)
  const p = new Parsed()
  for (let o = getopt.next(); o !== null; o = getopt.next()) {
    if (o.option === 'h' || o.option === 'version') {
      ctx.out(VERSION + (o.option === 'h' ? TCPDUMP_USAGE : ''))
      return 0
    }
    const apply = OPTIONS[o.option] ?? refused(o.option.length === 1 ? `-${o.option}` : `--${o.option}`)
    apply(p, o.value)
  }
  finishOptions(p)
  const dev = deviceOf(netnsOf(ctx, 'tcpdump'), p.dev)
  return start(ctx, p, dev, filterOf(dev, getopt.operands))
}

/** The command `tcpdump`. */
export const tcpdumpCommand: Command = {
  name: 'tcpdump',
  run: exiting(run, (ctx, message) => {
    ctx.err(`tcpdump: ${message}\n${VERSION}${TCPDUMP_USAGE}`)
    return 1
  }),
}
