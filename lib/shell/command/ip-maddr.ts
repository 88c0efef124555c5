/**
 * `ip maddr`: add, delete, show.
 *
 * @see ip-maddress(8)
 */
import { type Errno, NetloomError, strerror } from '../../errors.js'
import { printMaddrs } from '../../report/ip-maddr-text.js'
import { maddrAdd, maddrDel, maddrList } from '../../rtnl/maddr.js'
import { type Args, duplicateArgument, EXIT_USAGE, garbage, matches, ToolExit, usageError } from './args.js'
import type { IpContext } from './ip-context.js'
import { ETH_ALEN, etherAddress, parseLladdr } from './lladdr.js'
import { runVerb, type ToolResult } from './tool.js'

const USAGE = 'Usage: ip maddr [ add | del ] MULTIADDR dev STRING\n       ip maddr show [ dev STRING ]'

const show = (ip: IpContext, args: Args): number => {
  let dev: string | null = null
  while (!args.done) {
    let word = args.take()
    if (word === 'dev') word = args.take()
    else if (matches(word, 'help')) return usageError(USAGE)
    if (dev !== null) garbage('dev', word)
    dev = word
  }
  const { family } = ip.options
  const list = maddrList(ip.netns).filter(
    m => (dev === null || m.dev.name === dev) && (family === 'unspec' || m.family === family),
  )
  return ip.printList(p => printMaddrs(p, list))
}

/** Name of a device and link-layer address; no address is the one of zeros. */
const parseChange = (args: Args): { readonly dev: string; readonly mac: number } => {
  let dev = ''
  let octets: readonly number[] = new Array<number>(ETH_ALEN).fill(0)
  while (!args.done) {
    let word = args.take()
    if (word === 'dev') {
      word = args.take()
      if (dev !== '') duplicateArgument('dev', word)
      dev = word
      continue
    }
    if (matches(word, 'address')) word = args.take()
    if (matches(word, 'help')) return usageError(USAGE)
    // The tool sees only in the first octet that there was an address.
    if (octets[0] !== 0) duplicateArgument('address', word)
    octets = parseLladdr(word)
    if (octets.length !== ETH_ALEN)
      throw new ToolExit(1, `Error: Invalid address length ${octets.length} - must be ${ETH_ALEN} bytes\n`)
  }
  if (dev === '') throw new ToolExit(EXIT_USAGE, 'Not enough information: "dev" is required.\n')
  return { dev, mac: etherAddress(octets) }
}

const change =
  (apply: typeof maddrAdd) =>
  (ip: IpContext, args: Args): number => {
    const { dev, mac } = parseChange(args)
    try {
      apply(ip.netns, ip.netns.dev(dev), mac)
      return 0
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      throw new ToolExit(1, `ioctl: ${strerror(e.code as Errno)}\n`)
    }
  }

/** Object `maddress` of `ip`. */
export const ipMaddr = (ip: IpContext, args: Args): ToolResult => {
  if (!args.done && matches(args.word, 'help')) return usageError(USAGE)
  return runVerb(ip, args, {
    name: 'ip maddr',
    byDefault: 'list',
    verbs: [
      { word: 'add', run: change(maddrAdd) },
      { word: 'delete', run: change(maddrDel) },
      { word: 'list', run: show },
      { word: 'show', run: show },
      { word: 'lst', run: show },
    ],
  })
}
