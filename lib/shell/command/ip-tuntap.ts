/**
 * `ip tuntap`: persistent tun and tap devices.
 *
 * @see ip-tuntap(8), iproute2 ip/iptuntap.c
 */
import { NetloomError, strerror, type Errno, ERRNO } from '../../errors.js'
import { GROUPS, USERS } from '../../report/owner-names.js'
import { printTuntap } from '../../report/tuntap-text.js'
import { tuntapAdd, tuntapDel, tuntapList, type TuntapSpec } from '../../rtnl/tuntap.js'
import {
  type Args,
  defined,
  EXIT_USAGE,
  garbage,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  usageError,
} from './args.js'
import type { IpContext } from './ip-context.js'
import { isDevName } from './ip-link-args.js'
import type { ToolResult } from './tool.js'

const USAGE = `Usage: ip tuntap { add | del | show | list | lst | help } [ dev PHYS_DEV ]
       [ mode { tun | tap } ] [ user USER ] [ group GROUP ]
       [ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ] [ name NAME ]

Where: USER  := { STRING | NUMBER }
       GROUP := { STRING | NUMBER }`

type Request = { -readonly [K in keyof TuntapSpec]?: TuntapSpec[K] }

const readMode = (word: string): TuntapSpec['mode'] => {
  if (matches(word, 'tun')) return 'tun'
  if (matches(word, 'tap')) return 'tap'
  return usageError(`Unknown tunnel mode "${word}"`)
}

/** A user or a group by number or name. */
const owner = (what: 'user' | 'group', word: string): number => {
  const value = (what === 'user' ? USERS : GROUPS).value(word) ?? parseUnsigned(word)
  if (value !== null && value !== undefined) return value
  throw new ToolExit(EXIT_USAGE, `invalid ${what} "${word}"\n`)
}

const SWITCHES: readonly (readonly [word: string, key: 'pi' | 'oneQueue' | 'vnetHdr' | 'multiQueue'])[] = [
  ['pi', 'pi'],
  ['one_queue', 'oneQueue'],
  ['vnet_hdr', 'vnetHdr'],
  ['multi_queue', 'multiQueue'],
]

const takeName = (request: Request, word: string, args: Args): void => {
  const name = matches(word, 'name') ? args.take() : word
  if (matches(word, 'help')) usageError(USAGE)
  if (request.name !== undefined) garbage('name', name)
  request.name = isDevName(name) ? name : invalidArgument('"name" not a valid ifname', name)
}

const parse = (args: Args): Request => {
  const request: Request = {}
  while (!args.done) {
    const word = args.take()
    const found = SWITCHES.find(([name]) => matches(word, name))
    if (matches(word, 'mode')) takeMode(request, args)
    else if (matches(word, 'user')) request.user = owner('user', args.take())
    else if (matches(word, 'group')) request.group = owner('group', args.take())
    else if (found !== undefined) request[found[1]] = true
    else if (matches(word, 'dev')) takeDev(request, args)
    else takeName(request, word, args)
  }
  return request
}

const takeMode = (request: Request, args: Args): void => {
  const mode = readMode(args.take())
  if (request.mode !== undefined && request.mode !== mode)
    usageError('You managed to ask for more than one tunnel mode.')
  request.mode = mode
}

const takeDev = (request: Request, args: Args): void => {
  const name = args.take()
  request.name = isDevName(name) ? name : invalidArgument('"dev" not a valid ifname', name)
}

/** What an ioctl that the kernel refuses is answered with. */
const ioctl = (run: () => void): number => {
  try {
    run()
    return 0
  } catch (e) {
    if (!(e instanceof NetloomError) || !(e.code in ERRNO)) throw e
    throw new ToolExit(1, `ioctl(TUNSETIFF): ${strerror(e.code as Errno)}\n`)
  }
}

const withMode = (args: Args): TuntapSpec => {
  const { mode, ...rest } = parse(args)
  if (mode === undefined) throw new ToolExit(1, 'You failed to specify a tunnel mode\n')
  return { mode, ...defined(rest) }
}

const add = (ip: IpContext, args: Args): number => {
  const spec = withMode(args)
  return ioctl(() => tuntapAdd(ip.netns, spec))
}

const del = (ip: IpContext, args: Args): number => {
  const { user: _user, group: _group, ...spec } = withMode(args)
  return ioctl(() => tuntapDel(ip.netns, spec))
}

/** Words behind `show` mean nothing, as in the tool. */
const show = (ip: IpContext): number =>
  ip.printList(p => {
    for (const { dev, attrs } of tuntapList(ip.netns)) printTuntap(p, dev.name, attrs)
  })

/** Object `tuntap` of `ip`. */
export const ipTuntap = (ip: IpContext, args: Args): ToolResult => {
  if (args.done) return show(ip)
  const word = args.take()
  if (matches(word, 'add')) return add(ip, args)
  if (matches(word, 'delete')) return del(ip, args)
  if (['show', 'lst', 'list'].some(verb => matches(word, verb))) return show(ip)
  if (matches(word, 'help')) return usageError(USAGE)
  return usageError(`Command "${word}" is unknown, try "ip tuntap help".`)
}
