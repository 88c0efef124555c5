/**
 * `loopback`: takes a container's lo up.
 *
 * @see plugins v0.9.1 plugins/main/loopback/loopback.go
 */
import type { Process } from '../../app/process.js'
import type { Thread } from '../../app/thread.js'
import { IFF_UP } from '../../core/netdev.js'
import { addrList } from '../../rtnl/addr.js'
import { linkSet } from '../../rtnl/link.js'
import { formatIpv4, isLoopback4 } from '../../wire/ip.js'
import { goQuote } from '../../app/go-text.js'
import { GoError, wrapped } from '../../app/go-error.js'
import { parseNetConf, parsePrevResult } from '../net-conf.js'
import { netnsByPath } from '../netns-path.js'
import { type CniResult, emptyResult, printResult } from '../result.js'
import type { CmdArgs, CniPlugin } from '../skel.js'

const up = (process: Process, args: CmdArgs): CniResult => {
  const netns = netnsByPath(process.netns.world, args.netns)
  const { lo } = netns
  linkSet(lo, { up: true })
  const addrs = addrList(netns, lo)
  for (const { local } of addrs)
    if (!isLoopback4(local))
      throw new GoError(`loopback interface found with non-loopback address ${goQuote(formatIpv4(local))}`)
  const result = emptyResult()
  result.interfaces.push({ name: lo.name, mac: '00:00:00:00:00:00', sandbox: args.netns })
  const [first] = addrs
  if (first !== undefined)
    result.ips.push({ version: '4', interface: 0, address: { ip: first.local, len: first.prefixLen }, gateway: null })
  return result
}

/** The plugin. */
export const loopbackPlugin: CniPlugin = {
  name: 'loopback',

  *cmdAdd(process, args): Thread<string> {
    const { conf, previous } = wrapped('failed to parse network config', () => {
      const parsed = parseNetConf(args.stdin)
      return { conf: parsed, previous: parsePrevResult(parsed) }
    })
    const result = up(process, args)
    return printResult(previous ?? result, conf.cniVersion)
  },

  // biome-ignore lint/correctness/useYield: it waits for nothing
  *cmdCheck(process, args): Thread {
    const { lo } = netnsByPath(process.netns.world, args.netns)
    if ((lo.flags & IFF_UP) === 0) throw new GoError('loopback interface is down')
  },

  // biome-ignore lint/correctness/useYield: it waits for nothing
  *cmdDel(process, args): Thread {
    if (args.netns === '') return
    linkSet(netnsByPath(process.netns.world, args.netns).lo, { up: false })
  },
}
