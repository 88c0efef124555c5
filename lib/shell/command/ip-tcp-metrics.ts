/**
 * `ip tcp_metrics`: show, flush, delete.
 *
 * @see ip-tcp_metrics(8)
 */
import { printTcpMetrics } from '../../report/tcp-metrics-text.js'
import {
  tcpMetricsDel,
  tcpMetricsFlush,
  tcpMetricsGet,
  type TcpMetricsInfo,
  tcpMetricsList,
} from '../../rtnl/tcp-metrics.js'
import { maskOf } from '../../wire/ip.js'
import { type Args, findByPrefix, garbage, matches, missingArgument, ToolExit, usageError } from './args.js'
import { expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import type { ToolResult } from './tool.js'

const USAGE =
  'Usage:\tip tcp_metrics/tcpmetrics { COMMAND | help }\n' +
  '\tip tcp_metrics { show | flush } SELECTOR\n' +
  '\tip tcp_metrics delete [ address ] ADDRESS\n' +
  'SELECTOR := [ [ address ] PREFIX ]'

/** Families that the tool cannot show, by their numbers. */
const AF_PACKET = 17

const isHost = (prefix: InetPrefix): boolean => !prefix.isDefault && prefix.len === 32

/** The prefix, which may follow a key word; the tool overlooks every second word. */
const parsePrefix = (ip: IpContext, args: Args, needsHost: boolean): InetPrefix | null => {
  if (ip.options.family === 'link') throw new ToolExit(1, `Unsupported protocol family: ${AF_PACKET}\n`)
  let prefix: InetPrefix | null = null
  while (!args.done) {
    let word = args.take()
    const key = word === 'addr' || word === 'address' ? word : null
    if (key !== null) word = args.take()
    if (matches(word, 'help')) return usageError(USAGE)
    if (prefix !== null) return garbage(key ?? 'address', word)
    prefix = prefixArgument(word, expectedFamily(ip.options.family))
    if (needsHost && !isHost(prefix))
      throw new ToolExit(1, `Error: a specific IP address is expected rather than "${word}"\n`)
    if (!args.done) args.take()
  }
  return prefix
}

/** The entries of a prefix; `default` and no prefix are all of them. */
const select = (ip: IpContext, prefix: InetPrefix | null): TcpMetricsInfo[] => {
  if (ip.options.family === 'inet6') return []
  const all = tcpMetricsList(ip.netns)
  if (prefix === null) return all
  const mask = maskOf(prefix.len)
  return all.filter(tm => ((tm.daddr ^ prefix.addr) & mask) === 0)
}

const show = (ip: IpContext, args: Args): number => {
  const prefix = parsePrefix(ip, args, false)
  const list = prefix !== null && isHost(prefix) ? [tcpMetricsGet(ip.netns, prefix.addr)] : select(ip, prefix)
  return ip.printList(p => {
    for (const tm of list) printTcpMetrics(p, tm)
  })
}

const del = (ip: IpContext, args: Args): number => {
  const prefix = parsePrefix(ip, args, true)
  if (prefix === null) return missingArgument('address')
  tcpMetricsDel(ip.netns, prefix.addr)
  return 0
}

/** Deletes the entries of a prefix one by one, and says so with `-s`. */
const flushPrefix = (ip: IpContext, prefix: InetPrefix | null): number => {
  const list = select(ip, prefix)
  const { stats } = ip.options
  if (list.length === 0) {
    ip.command.err('Nothing to flush.\n')
    return 0
  }
  for (const tm of list) tcpMetricsDel(ip.netns, tm.daddr, tm.saddr)
  if (stats > 1)
    ip.print(p => {
      for (const tm of list) printTcpMetrics(p, tm, true)
    })
  if (stats > 0)
    ip.command.out(`\n*** Round 1, deleting ${list.length} entries ***\n*** Flush is complete after 1 round ***\n`)
  return 0
}

const flush = (ip: IpContext, args: Args): number => {
  const prefix = parsePrefix(ip, args, false)
  if (prefix !== null && isHost(prefix)) {
    tcpMetricsDel(ip.netns, prefix.addr)
    return 0
  }
  const isAll = prefix === null || prefix.len === 0
  if (!isAll || ip.options.family !== 'unspec') return flushPrefix(ip, prefix)
  tcpMetricsFlush(ip.netns)
  return 0
}

const VERBS = [
  { word: 'list', run: show },
  { word: 'lst', run: show },
  { word: 'show', run: show },
  { word: 'delete', run: del },
  { word: 'remove', run: del },
  { word: 'flush', run: flush },
]

/** Object `tcp_metrics` of `ip`. */
export const ipTcpMetrics = (ip: IpContext, args: Args): ToolResult => {
  if (args.done) return show(ip, args)
  const word = args.take()
  const verb = findByPrefix(VERBS, word)
  if (verb !== undefined) return verb.run(ip, args)
  if (matches(word, 'help')) return usageError(USAGE)
  return usageError(`Command "${word}" is unknown, try "ip tcp_metrics help".`)
}
