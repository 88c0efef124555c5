/**
 * Words of `type vxlan`.
 *
 * @see ip-link(8), iproute2 ip/iplink_vxlan.c
 */
import { extackError } from '../../../errors.js'
import { DSFIELDS } from '../../../report/names.js'
import { isMulticast4 } from '../../../wire/ip.js'
import {
  type Args,
  EXIT_USAGE,
  garbage,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  unsupported,
} from '../args.js'
import { addressArgument } from '../inet-args.js'
import type { IpContext } from '../ip-context.js'
import type { LinkRequest } from '../ip-link-args.js'
import type { Attributes, KindRequest, LinkKindWords } from './words.js'

const USAGE = `Usage: ... vxlan id VNI
\t\t[ { group | remote } IP_ADDRESS ]
\t\t[ local ADDR ]
\t\t[ ttl TTL ]
\t\t[ tos TOS ]
\t\t[ df DF ]
\t\t[ flowlabel LABEL ]
\t\t[ dev PHYS_DEV ]
\t\t[ dstport PORT ]
\t\t[ srcport MIN MAX ]
\t\t[ [no]learning ]
\t\t[ [no]proxy ]
\t\t[ [no]rsc ]
\t\t[ [no]l2miss ]
\t\t[ [no]l3miss ]
\t\t[ ageing SECONDS ]
\t\t[ maxaddress NUMBER ]
\t\t[ [no]udpcsum ]
\t\t[ [no]udp6zerocsumtx ]
\t\t[ [no]udp6zerocsumrx ]
\t\t[ [no]remcsumtx ] [ [no]remcsumrx ]
\t\t[ [no]external ] [ gbp ] [ gpe ]
\t\t[ [no]vnifilter ]

Where:\tVNI\t:= 0-16777215
\tADDR\t:= { IP_ADDRESS | any }
\tTOS\t:= { NUMBER | inherit }
\tTTL\t:= { 1..255 | auto | inherit }
\tDF\t:= { unset | set | inherit }
\tLABEL := 0-1048575
`

const NO_PORT = `vxlan: destination port not specified
Will use Linux kernel default (non-standard value)
Use 'dstport 4789' to get the IANA assigned value
Use 'dstport 0' to get default and quiet this message
`

const SUPPORTED =
  'id, group, remote, local, ttl, tos, df, dev, dstport, srcport, [no]learning, [no]proxy, [no]rsc, [no]l2miss, ' +
  '[no]l3miss, ageing, maxaddress, [no]udpcsum, [no]udp6zerocsumtx, [no]udp6zerocsumrx, gbp'

const fail = (text: string): never => {
  throw new ToolExit(1, text)
}

/** What the words say so far. */
class Reader {
  readonly ip: IpContext
  readonly args: Args
  readonly attributes: Attributes = {}
  readonly seen: Set<string> = new Set<string>()
  /** Kind of the remote address that was given. */
  remote: 'group' | 'remote' | null = null

  constructor(ip: IpContext, args: Args) {
    this.ip = ip
    this.args = args
  }

  /** The value of a word that may be there once; `attr` is shared by words that mean the same. */
  value(attr: string, key: string): string {
    const text = this.args.take()
    this.once(attr, key, text)
    return text
  }

  once(attr: string, key: string, text: string): void {
    if (this.seen.has(attr)) garbage(key, text)
    this.seen.add(attr)
  }

  number(attr: string, key: string, bits: number, message: string): number {
    const text = this.value(attr, key)
    return parseUnsigned(text, bits) ?? invalidArgument(message, text)
  }
}

type Apply = (r: Reader, word: string) => void

const MAX_VNI = 0xffffff
/** Words for no address at all; 0.0.0.0 is one. */
const NO_ADDRESS = ['any', 'default']
const MAX_LABEL = 0xfffff
const MAX_U8 = 255

const id: Apply = r => {
  const text = r.value('id', 'id')
  const value = parseUnsigned(text) ?? MAX_VNI + 1
  r.attributes['id'] = value <= MAX_VNI ? value : invalidArgument('invalid id', text)
}

const far =
  (key: 'group' | 'remote'): Apply =>
  r => {
    if (r.remote !== null && r.remote !== key) fail('vxlan: both group and remote cannot be specified\n')
    const text = r.value('remote', key)
    const addr = addressArgument(text)
    const fits = !NO_ADDRESS.includes(text) && isMulticast4(addr) === (key === 'group')
    r.attributes['remote'] = fits ? addr : invalidArgument(`invalid ${key} address`, text)
    r.remote = key
  }

const local: Apply = r => {
  const text = r.value('local', 'local')
  const addr = addressArgument(text)
  r.attributes['local'] =
    !NO_ADDRESS.includes(text) && !isMulticast4(addr) ? addr : invalidArgument('invalid local address', text)
}

const dev: Apply = r => {
  const text = r.value('dev', 'dev')
  const found = r.ip.findDevice(text)
  if (found === null) throw new ToolExit(EXIT_USAGE, `Cannot find device "${text}"\n`)
  r.attributes['dev'] = found
}

const ttl: Apply = r => {
  const text = r.value('ttl', 'ttl')
  if (text === 'inherit') r.attributes['ttlInherit'] = true
  else if (text === 'auto') r.attributes['ttl'] = 0
  else {
    const value = parseUnsigned(text) ?? invalidArgument('invalid TTL', text)
    r.attributes['ttl'] = value <= MAX_U8 ? value : invalidArgument('TTL must be <= 255', text)
  }
}

const tos: Apply = r => {
  const text = r.value('tos', 'tos')
  if (text === 'inherit') {
    r.attributes['tos'] = 1
    return
  }
  const bare = DSFIELDS.value(text) ?? (/^(0x)?[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : MAX_U8 + 1)
  r.attributes['tos'] = bare <= MAX_U8 ? bare : invalidArgument('bad TOS value', text)
}

const DF = ['unset', 'set', 'inherit']

const df: Apply = r => {
  const text = r.value('df', 'df')
  const value = DF.indexOf(text)
  r.attributes['df'] = value >= 0 ? value : invalidArgument("DF must be 'unset', 'set' or 'inherit'", text)
}

const flowlabel: Apply = r => {
  const text = r.value('flowlabel', 'flowlabel')
  const value = parseUnsigned(text) ?? MAX_LABEL + 1
  r.attributes['flowlabel'] = value <= MAX_LABEL ? value : invalidArgument('invalid flowlabel', text)
}

/** A number, or the word that stands for 0. */
const numberOr =
  (attr: string, zero: string, message: string): Apply =>
  r => {
    const text = r.value(attr, attr)
    r.attributes[attr] = text === zero ? 0 : (parseUnsigned(text) ?? invalidArgument(message, text))
  }

const srcport: Apply = r => {
  const min = r.number('srcport', 'srcport', 16, 'min port')
  const text = r.args.take()
  const max = parseUnsigned(text, 16) ?? invalidArgument('max port', text)
  if (min === 0 && max === 0) return
  r.attributes['srcportMin'] = min
  r.attributes['srcportMax'] = max
}

const dstport: Apply = r => {
  const port = r.number('dstport', 'dstport', 16, 'dst port')
  if (port !== 0) r.attributes['dstport'] = port
}

const flag =
  (attr: string, value: boolean): Apply =>
  (r, word) => {
    r.once(attr, word, word)
    r.attributes[attr] = value
  }

const both = (attr: string): readonly (readonly [word: string, apply: Apply])[] => [
  [`no${attr}`, flag(attr, false)],
  [attr, flag(attr, true)],
]

const refused: Apply = (_r, word) => {
  throw unsupported('ip link type vxlan', word, SUPPORTED)
}

/** Words in the order in which the tool looks for them; each may be shortened. */
const WORDS: readonly (readonly [word: string, apply: Apply])[] = [
  ['id', id],
  ['vni', id],
  ['group', far('group')],
  ['remote', far('remote')],
  ['local', local],
  ['dev', dev],
  ['ttl', ttl],
  ['hoplimit', ttl],
  ['tos', tos],
  ['dsfield', tos],
  ['df', df],
  ['label', flowlabel],
  ['flowlabel', flowlabel],
  ['ageing', numberOr('ageing', 'none', 'ageing timer')],
  ['maxaddress', numberOr('maxaddress', 'unlimited', 'max addresses')],
  ['port', srcport],
  ['srcport', srcport],
  ['dstport', dstport],
  ...both('learning'),
  ...both('proxy'),
  ...both('rsc'),
  ...both('l2miss'),
  ...both('l3miss'),
  ['udpcsum', flag('udpcsum', true)],
  ['noudpcsum', flag('udpcsum', false)],
  ['udp6zerocsumtx', flag('udp6zerocsumtx', true)],
  ['noudp6zerocsumtx', flag('udp6zerocsumtx', false)],
  ['udp6zerocsumrx', flag('udp6zerocsumrx', true)],
  ['noudp6zerocsumrx', flag('udp6zerocsumrx', false)],
  ['remcsumtx', refused],
  ['noremcsumtx', refused],
  ['remcsumrx', refused],
  ['noremcsumrx', refused],
  ['external', refused],
  ['noexternal', refused],
  ['gbp', flag('gbp', true)],
  ['gpe', refused],
  ['vnifilter', refused],
  ['novnifilter', refused],
]

const readWords = (ip: IpContext, args: Args): Reader => {
  const reader = new Reader(ip, args)
  while (!args.done) {
    const word = args.take()
    const found = WORDS.find(([text]) => matches(word, text))
    if (found === undefined) fail(matches(word, 'help') ? USAGE : `vxlan: unknown command "${word}"?\n${USAGE}`)
    else found[1](reader, word)
  }
  return reader
}

const checkGroup = (r: Reader): void => {
  if (r.remote === 'group' && !r.seen.has('dev')) fail("vxlan: 'group' requires 'dev' to be specified\n")
}

const ETH_ALEN = 6

const forAdd = (ip: IpContext, args: Args, request: LinkRequest): KindRequest => {
  if (args.done) return { attributes: {}, finish: null }
  const r = readWords(ip, args)
  if (!r.seen.has('id')) fail('vxlan: missing virtual network identifier\n')
  checkGroup(r)
  if (!r.seen.has('dstport')) ip.command.err(NO_PORT)
  if (request.address !== undefined && request.address.length !== ETH_ALEN)
    throw extackError('EINVAL', 'Provided link layer address is not Ethernet')
  return { attributes: r.attributes, finish: null }
}

const forSet = (ip: IpContext, args: Args): KindRequest => {
  if (args.done) throw extackError('EINVAL', 'Required attributes not provided to perform the operation')
  const r = readWords(ip, args)
  checkGroup(r)
  return { attributes: r.attributes, finish: null }
}

/** `vxlan`. */
export const VXLAN_WORDS: LinkKindWords = { kind: 'vxlan', forAdd, forSet }
