/**
 * `tc qdisc`: add, change, replace, link, delete, show.
 *
 * @see tc(8), iproute2 tc/tc_qdisc.c
 */
import type { NetDevice } from '../../core/netdev.js'
import { TC_H_ROOT } from '../../core/qdisc.js'
import { NetloomError } from '../../errors.js'
import { printQdisc } from '../../report/tc-qdisc-text.js'
import { type QdiscInfo, type QdiscVerb, qdiscDel, qdiscList, qdiscModify } from '../../rtnl/qdisc.js'
import { type Args, defined, duplicateArgument, invalidArgument, matches, unsupported, usageError } from './args.js'
import type { IpContext } from './ip-context.js'
import { parseQdiscKind } from './tc-qdisc-kinds.js'
import type { ToolResult, Verb } from './tool.js'

const USAGE = `Usage: tc qdisc [ add | del | replace | change | show ] dev STRING
       [ handle QHANDLE ] [ root | ingress | clsact | parent CLASSID ]
       [ estimator INTERVAL TIME_CONSTANT ]
       [ stab [ help | STAB_OPTIONS] ]
       [ ingress_block BLOCK_INDEX ] [ egress_block BLOCK_INDEX ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc qdisc { show | list } [ dev STRING ] [ QDISC_ID ] [ invisible ]
Where:
QDISC_KIND := { [p|b]fifo | tbf | prio | cbq | red | etc. }
OPTIONS := ... try tc qdisc add <desired QDISC_KIND> help
STAB_OPTIONS := ... try tc qdisc add stab help
QDISC_ID := { root | ingress | handle QHANDLE | parent CLASSID }`

/** Prints the usage; the tool goes on with the next word. */
const usage = (ip: IpContext): void => ip.command.err(`${USAGE}\n`)

const SUPPORTED = 'dev, handle, root, parent'
const IDS = 2 ** 16

const hex = (text: string): number | null => {
  const digits = /^(?:0[xX])?([0-9a-fA-F]+)$/.exec(text)
  const value = digits === null ? IDS : Number.parseInt(digits[1]!, 16)
  return value < IDS ? value : null
}

/** `MAJOR:` as a handle; what is behind the colon is not looked at. */
const parseHandle = (text: string): number | null => {
  if (text === 'none') return 0
  const major = hex(text.split(':', 1)[0]!)
  return major === null ? null : (major << 16) >>> 0
}

/** `MAJOR:MINOR` of a class, `root` or `none`. */
const parseClassid = (text: string): number | null => {
  if (text === 'root') return TC_H_ROOT
  if (text === 'none') return 0
  const [major = '', minor, ...more] = text.split(':')
  if (more.length > 0) return null
  if (minor === undefined) return /^(0x)?[0-9a-f]{1,8}$/i.test(major) ? Number.parseInt(major, 16) : null
  const high = major === '' ? 0 : hex(major)
  const low = minor === '' ? 0 : hex(minor)
  return high === null || low === null ? null : (high * IDS + low) >>> 0
}

interface Request {
  dev?: string
  handle?: number
  parent?: number
}

const takePlace = (request: Request, word: string, args: Args): void => {
  if (word === 'dev') {
    const name = args.take()
    if (request.dev !== undefined) duplicateArgument('dev', name)
    request.dev = name
  } else if (word === 'handle') {
    if (request.handle !== undefined && request.handle !== 0) duplicateArgument('handle', word)
    const text = args.take()
    request.handle = parseHandle(text) ?? invalidArgument('invalid qdisc ID', text)
  } else if (word === 'root') {
    if (request.parent !== undefined && request.parent !== 0) usageError('Error: "root" is duplicate parent ID')
    request.parent = TC_H_ROOT
  } else {
    const text = args.take()
    if (request.parent !== undefined && request.parent !== 0) duplicateArgument('parent', text)
    request.parent = parseClassid(text) ?? invalidArgument('invalid parent ID', text)
  }
}

const REFUSED: readonly string[] = ['ingress', 'clsact', 'ingress_block', 'egress_block', 'stab']

/** Reads where the qdisc stands, until the word that names its kind. */
const parsePlace = (ip: IpContext, args: Args): { request: Request; kind: string | undefined } => {
  const request: Request = {}
  while (!args.done) {
    const word = args.take()
    if (['dev', 'handle', 'root', 'parent'].includes(word)) takePlace(request, word, args)
    else if (REFUSED.includes(word) || matches(word, 'estimator')) throw unsupported('tc qdisc', word, SUPPORTED)
    else if (matches(word, 'help')) usage(ip)
    else return { request, kind: word }
  }
  return { request, kind: undefined }
}

/** The device; without one the kernel finds none. */
const deviceOf = (ip: IpContext, name: string | undefined): NetDevice => {
  if (name === undefined) throw new NetloomError('ENODEV')
  return ip.device(name)
}

const modify =
  (verb: QdiscVerb | 'delete') =>
  (ip: IpContext, args: Args): number => {
    const { request, kind } = parsePlace(ip, args)
    // The tool reads the words of the kind before it looks for the device.
    const speed = (): number | null => {
      const dev = request.dev === undefined ? null : ip.findDevice(request.dev)
      return dev === null ? null : (dev.ops.getSpeed?.(dev) ?? -1)
    }
    const attrs = kind === undefined ? null : parseQdiscKind(kind, args, speed)
    const dev = deviceOf(ip, request.dev)
    const { parent = 0, handle } = request
    if (verb === 'delete') qdiscDel(dev, { parent, ...defined({ handle, kind }) })
    else qdiscModify(dev, verb, { parent, attrs, ...defined({ handle, kind }) })
    return 0
  }

interface Filter {
  dev?: string
  handle?: number
  parent?: number
  invisible: boolean
  /** Qdiscs of the receive side, of which there are none. */
  ingress: boolean
}

const onlyParent = (filter: Filter, word: string): void => {
  if (filter.parent !== undefined || filter.ingress) invalidArgument('parent is already specified', word)
}

const parseFilter = (ip: IpContext, args: Args): Filter => {
  const filter: Filter = { invisible: false, ingress: false }
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') filter.dev = args.take()
    else if (word === 'root') {
      onlyParent(filter, word)
      filter.parent = TC_H_ROOT
    } else if (word === 'ingress' || word === 'clsact') {
      onlyParent(filter, word)
      filter.ingress = true
    } else if (matches(word, 'invisible')) filter.invisible = true
    else if (word === 'parent') {
      onlyParent(filter, word)
      const text = args.take()
      filter.parent = parseClassid(text) ?? invalidArgument('invalid parent ID', text)
    } else if (word === 'handle') {
      const text = args.take()
      filter.handle = parseHandle(text) ?? invalidArgument('invalid handle ID', text)
    } else if (matches(word, 'help')) usage(ip)
    else usageError(`What is "${word}"? Try "tc qdisc help".`)
  }
  return filter
}

const isSelected = ({ ingress, parent, handle }: Filter, info: QdiscInfo): boolean =>
  !ingress && (parent ?? info.parent) === info.parent && (handle ?? info.handle) === info.handle

const show = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  const dev = filter.dev === undefined ? undefined : ip.device(filter.dev)
  return ip.printList(p => {
    for (const info of qdiscList(ip.netns, defined({ dev, invisible: filter.invisible })))
      if (isSelected(filter, info)) printQdisc(p, info, dev === undefined)
  })
}

const VERBS: readonly (Verb & { readonly run: NonNullable<Verb['run']> })[] = [
  { word: 'add', run: modify('add') },
  { word: 'change', run: modify('change') },
  { word: 'replace', run: modify('replace') },
  { word: 'link', run: modify('link') },
  { word: 'delete', run: modify('delete') },
  { word: 'list', run: show },
  { word: 'show', run: show },
  { word: 'lst', run: show },
  { word: 'ls', run: show },
]

/** Object `qdisc` of `tc`. */
export const tcQdisc = (ip: IpContext, args: Args): ToolResult => {
  if (args.done) return show(ip, args)
  const word = args.take()
  const verb = VERBS.find(v => matches(word, v.word))
  if (verb !== undefined) return verb.run(ip, args)
  if (matches(word, 'help')) {
    usage(ip)
    return 0
  }
  return usageError(`Command "${word}" is unknown, try "tc qdisc help".`)
}
