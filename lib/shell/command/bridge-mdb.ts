/**
 * `bridge mdb`: multicast groups of bridges, add, delete, show.
 *
 * @see bridge(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { printMdb, printMdbRouters } from '../../report/bridge-mdb-text.js'
import { type MdbSpec, mdbAdd, mdbDel, mdbList } from '../../rtnl/mdb.js'
import { isMacText, parseMac } from '../../wire/mac.js'
import { isIpv4Text, parseIpv4 } from '../../wire/ip.js'
import { type Args, defined, matches, parseInteger, ToolExit, unsupported, usageError } from './args.js'
import { bridgeToolDevice } from './bridge-link.js'
import type { IpContext } from './ip-context.js'
import { parseLladdr } from './lladdr.js'
import { runVerb, type ToolResult } from './tool.js'

const SUPPORTED = 'dev, port, grp, src, permanent, temp, vid'

/** What the words of a change say. */
interface MdbRequest {
  dev?: string
  port?: string
  grp?: string
  src?: string
  permanent: boolean
  vid?: number
}

/** Words that are none of these are read and mean nothing, as in the tool. */
const parseChange = (args: Args): MdbRequest => {
  const request: MdbRequest = { permanent: false }
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') request.dev = args.take()
    else if (word === 'grp') request.grp = args.take()
    else if (word === 'port') request.port = args.take()
    else if (word === 'permanent') request.permanent = true
    else if (word === 'src') request.src = args.take()
    else if (word === 'vid') request.vid = ((Number.parseInt(args.take(), 10) || 0) << 16) >> 16
    else if (matches(word, 'help')) usageError(`Usage: bridge mdb { add | del } { ${SUPPORTED} }`)
  }
  return request
}

const groupOf = (text: string): { readonly group: number } | { readonly mac: number } => {
  if (isIpv4Text(text)) return { group: parseIpv4(text) }
  if (isMacText(text)) return { mac: parseMac(text) }
  if (/^[0-9a-fA-F]*::?[0-9a-fA-F:]+$/.test(text) && text.includes('::'))
    throw unsupported('bridge mdb', text, 'IPv4 groups and MAC addresses')
  return usageError(`${lladdrComplaint(text)}Invalid address "${text}"`)
}

/** What the tool says about a text that it tries as a link-layer address; nothing when only the length is wrong. */
const lladdrComplaint = (text: string): string => {
  try {
    parseLladdr(text)
    return ''
  } catch (e) {
    if (e instanceof ToolExit) return e.text
    throw e
  }
}

const sourceOf = (text: string): number => {
  if (isIpv4Text(text)) return parseIpv4(text)
  if (text.includes(':')) throw unsupported('bridge mdb', text, 'IPv4 sources')
  return usageError(`Invalid source address "${text}"`)
}

const specOf = (ip: IpContext, args: Args): MdbSpec => {
  const { dev, port, grp, src, permanent, vid } = parseChange(args)
  if (dev === undefined || port === undefined || grp === undefined)
    return usageError('Device, group address and port name are required arguments.')
  const br = bridgeToolDevice(ip, dev)
  const portDevice = bridgeToolDevice(ip, port)
  const group = groupOf(grp)
  return {
    br,
    port: portDevice,
    ...group,
    permanent,
    ...defined({ source: src === undefined ? src : sourceOf(src), vid }),
  }
}

const add = (ip: IpContext, args: Args): number => {
  mdbAdd(ip.netns, specOf(ip, args))
  return 0
}

const del = (ip: IpContext, args: Args): number => {
  mdbDel(ip.netns, specOf(ip, args))
  return 0
}

/** Reads `dev` and `vid`; other words are read and mean nothing. */
const parseSelectors = (ip: IpContext, args: Args): { readonly dev: NetDevice | undefined; readonly vid: number } => {
  let dev: NetDevice | undefined
  let vid = 0
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') dev = bridgeToolDevice(ip, args.take())
    else if (word === 'vid') vid = parseInteger(args.take()) ?? 0
  }
  return { dev, vid }
}

const show = (ip: IpContext, args: Args): number => {
  const { dev, vid } = parseSelectors(ip, args)
  const { entries, routers } = mdbList(ip.netns, dev)
  return ip.printList(p => {
    p.openObject()
    p.openArray('mdb')
    for (const entry of entries) if (vid === 0 || entry.vid === vid) printMdb(p, entry)
    p.closeArray()
    p.openObject('router')
    if (p.options.details)
      for (const br of new Set(routers.map(r => r.br)))
        printMdbRouters(
          p,
          routers.filter(r => r.br === br),
        )
    p.closeObject()
    p.closeObject()
  })
}

/** Object `mdb` of `bridge`. */
export const bridgeMdb = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'bridge mdb',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: add },
      { word: 'delete', run: del },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
    ],
  })
