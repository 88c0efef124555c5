/**
 * `bridge vlan`, as it is on a kernel without VLAN filtering: a table without entries, and refusals.
 *
 * @see bridge(8)
 */
import { NetloomError } from '../../errors.js'
import { type Args, ToolExit, usageError } from './args.js'
import { bridgeToolDevice } from './bridge-link.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult } from './tool.js'

const VLAN_MAX = 4096

const HEAD = 'port              vlan-id'

/** Reads the selectors; only `dev` is checked. */
const readSelectors = (ip: IpContext, args: Args): void => {
  while (!args.done) if (args.take() === 'dev') bridgeToolDevice(ip, args.take())
}

const show = (ip: IpContext, args: Args): number => {
  readSelectors(ip, args)
  const { stats, details, json } = ip.options
  const tail = stats > 0 ? '' : '  '
  ip.print(p => {
    p.text(`${HEAD}${tail}\n`)
    p.openArray()
    p.closeArray()
  })
  // The kernel has no attributes of VLANs to dump.
  return details && !json ? terminated() : 0
}

const terminated = (): never => {
  throw new ToolExit(1, 'RTNETLINK answers: Operation not supported\nDump terminated\n')
}

const tunnelShow = (ip: IpContext, args: Args): number => {
  readSelectors(ip, args)
  return ip.print(p => {
    p.text(`${HEAD}    tunnel-id\n`)
    p.openArray()
    p.closeArray()
  })
}

const global = (ip: IpContext, args: Args): number => {
  readSelectors(ip, args)
  ip.command.out(`${HEAD}  \n`)
  return terminated()
}

const readVlan = (word: string): void => {
  const [first, last] = word.split('-', 2).map(text => Number.parseInt(text, 10) || 0)
  if (last !== undefined && (first! <= 0 || first! >= last || last >= VLAN_MAX))
    usageError(`Invalid VLAN range "${first}-${last}"`)
  if (first! >= VLAN_MAX) usageError(`Invalid VLAN ID "${word}"`)
}

/** A change needs a device and a VLAN; then the kernel refuses it. */
const change = (ip: IpContext, args: Args): number => {
  let device: string | undefined
  let hasVlan = false
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') device = args.take()
    else if (word === 'vid') {
      readVlan(args.take())
      hasVlan = true
    }
  }
  if (device === undefined || !hasVlan) return usageError('Device and VLAN ID are required arguments.')
  bridgeToolDevice(ip, device, 'bridge device')
  throw new NetloomError('EOPNOTSUPP')
}

/** Object `vlan` of `bridge`. */
export const bridgeVlan = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'bridge vlan',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: change },
      { word: 'delete', run: change },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
      { word: 'tunnelshow', run: tunnelShow },
      { word: 'set', run: null },
      { word: 'global', run: global },
    ],
  })
