/**
 * `bridge`: plugs a container into a bridge of the host, and lets IPAM give it an address.
 *
 * @see plugins v0.9.1 plugins/main/bridge/bridge.go
 */
import type { Process } from '../../app/process.js'
import { sleep, type Thread } from '../../app/thread.js'
import type { Netns } from '../../core/netns.js'
import { NSEC_PER_MSEC } from '../../sim/time.js'
import { checkResult } from '../bridge/check.js'
import { type BridgeConf, loadBridgeConf } from '../bridge/conf.js'
import { calcGateways, configureIface, enableIp4Forward, gratuitousArp } from '../bridge/configure.js'
import {
  bridgeByName,
  ensureAddr,
  ensureVlanInterface,
  type FoundBridge,
  operState,
  setupBridge,
  setupPort,
} from '../bridge/link.js'
import { goQuote } from '../../app/go-text.js'
import { GoError, wrapped } from '../../app/go-error.js'
import { delegateAdd, delegateCheck, delegateDel } from '../invoke.js'
import type { IpNet } from '../ip-net.js'
import { formatChainName, formatComment, setupIpMasq, teardownIpMasq } from '../ipmasq.js'
import { parsePrevResult } from '../net-conf.js'
import { netnsByPath, netnsPath } from '../netns-path.js'
import { type CniResult, emptyResult, printResult } from '../result.js'
import type { CmdArgs, CniPlugin } from '../skel.js'
import { delLinkByNameAddr, linkByName, macText } from '../veth.js'

/** What ADD works on. */
interface Work {
  readonly process: Process
  readonly args: CmdArgs
  readonly conf: BridgeConf
  readonly host: Netns
  readonly container: Netns
  readonly br: FoundBridge
  readonly result: CniResult
}

const PORT_UP_WAITS_MS: readonly number[] = [0, 50, 500, 1000, 1000]

/** Waits until the bridge's port is up. Throws GoError after 2.55 s. */
function* portUp({ host }: Work, port: string): Thread {
  let state = ''
  for (const ms of PORT_UP_WAITS_MS) {
    if (ms > 0) yield* sleep(ms * NSEC_PER_MSEC)
    state = operState(linkByName(host, port))
    if (state === 'up') return
  }
  throw new GoError(`bridge port in error state: ${state}`)
}

/** Gives the bridge, or its VLAN's device, the gateways' addresses. */
const setGateways = (work: Work, gateways: readonly IpNet[]): void => {
  const { host, br, conf, result } = work
  let isTold = false
  for (const gateway of gateways) {
    if (conf.vlan === 0) {
      wrapped('failed to set bridge addr', () => ensureAddr(br.dev, br.mac, gateway, conf.forceAddress))
      continue
    }
    const vlan = wrapped('failed to create vlan interface', () =>
      ensureVlanInterface(host, netnsPath(host), br.dev, conf.vlan),
    )
    if (!isTold) result.interfaces.push({ name: vlan.name, mac: macText(vlan.addr) })
    isTold = true
    wrapped('failed to set vlan interface for bridge with addr', () =>
      ensureAddr(vlan, vlan.addr, gateway, conf.forceAddress),
    )
  }
  if (gateways.length > 0) wrapped('failed to enable forwarding', () => enableIp4Forward(host))
}

/** Configures the container by what IPAM has given. */
function* applyIpam(work: Work, ipam: CniResult): Thread {
  const { process, args, conf, container, result } = work
  result.ips.push(...ipam.ips)
  result.routes.push(...ipam.routes)
  if (result.ips.length === 0) throw new GoError('IPAM plugin returned missing IP config')
  const gateways = calcGateways(result, conf)
  configureIface(container, args.ifName, result)
  yield* portUp(work, result.interfaces[1]!.name)
  for (const { address } of result.ips) gratuitousArp(linkByName(container, args.ifName), address.ip)
  if (conf.isGateway) setGateways(work, gateways)
  if (!conf.ipMasq) return
  const { name } = conf.base
  const chain = formatChainName(name, args.containerId)
  for (const { address } of result.ips)
    yield* setupIpMasq(process, address, chain, formatComment(name, args.containerId))
}

/** Asks IPAM, and gives the address back when what follows fails. */
function* addLayer3(work: Work): Thread {
  const { process, args, conf } = work
  const { ipamType } = conf.base
  const ipam = yield* delegateAdd(process, args, ipamType, args.stdin)
  try {
    yield* applyIpam(work, ipam)
    bridgeByName(work.host, conf.bridge)
  } catch (e) {
    try {
      yield* delegateDel(process, args, ipamType, args.stdin)
    } catch (released) {
      // What counts is why it failed.
      if (!(released instanceof GoError)) throw released
    }
    throw e
  }
}

/** The plugin. */
export const bridgePlugin: CniPlugin = {
  name: 'bridge',

  *cmdAdd(process, args): Thread<string> {
    const loaded = loadBridgeConf(args.stdin)
    const conf = loaded.isDefaultGateway ? { ...loaded, isGateway: true } : loaded
    if (conf.hairpinMode && conf.promiscMode)
      throw new GoError('cannot set hairpin mode and promiscous mode at the same time.')
    const host = process.netns
    const br = setupBridge(host, conf)
    const container = wrapped(`failed to open netns ${goQuote(args.netns)}`, () => netnsByPath(host.world, args.netns))
    const { ifName } = args
    const pair = setupPort(host, container, args.netns, br.dev, { ...conf, ifName })
    const result = emptyResult()
    result.interfaces.push({ name: br.dev.name, mac: macText(br.mac) }, pair.host, pair.cont)
    if (conf.base.ipamType !== '') yield* addLayer3({ process, args, conf, host, container, br, result })
    // The bridge's MAC may have changed with its first port or with its address.
    const { name, addr } = bridgeByName(host, conf.bridge)
    result.interfaces[0] = { name, mac: macText(addr) }
    result.dns = conf.base.dns
    return printResult(result, conf.base.cniVersion)
  },

  *cmdCheck(process, args): Thread {
    const conf = loadBridgeConf(args.stdin)
    const host = process.netns
    const netns = wrapped(`failed to open netns ${goQuote(args.netns)}`, () => netnsByPath(host.world, args.netns))
    yield* delegateCheck(process, args, conf.base.ipamType, args.stdin)
    const result = parsePrevResult(conf.base)
    if (result === null) throw new GoError('Required prevResult missing')
    checkResult(host, netns, args, conf, result)
  },

  *cmdDel(process, args): Thread {
    const conf = loadBridgeConf(args.stdin)
    const { ipamType, name } = conf.base
    if (ipamType !== '') yield* delegateDel(process, args, ipamType, args.stdin)
    if (args.netns === '') return
    const addresses = delLinkByNameAddr(netnsByPath(process.netns.world, args.netns), args.ifName) ?? []
    if (ipamType === '' || !conf.ipMasq) return
    const chain = formatChainName(name, args.containerId)
    for (const address of addresses)
      yield* teardownIpMasq(process, address, chain, formatComment(name, args.containerId))
  },
}
