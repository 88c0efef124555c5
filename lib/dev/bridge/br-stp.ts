/**
 * States of ports and the identity of the bridge, without a spanning tree: the bridge is always the root, a port
 * forwards as soon as its device is up and has a carrier.
 *
 * Left out: STP itself (BPDUs, hello and message age timers); `stp_state` other than 0 is refused, see br-netlink.ts.
 *
 * @see net/bridge/br_stp.c, br_stp_if.c
 */
import { flowFlush } from '../../core/flow-genid.js'
import { netifCarrierOff, netifCarrierOn } from '../../core/dev.js'
import { IF_OPER_UNKNOWN, IF_OPER_UP, type NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { HZ } from '../../sim/timer.js'
import { brFdbChangeMacAddress, brFdbDeleteByPort } from './br-fdb.js'
import { brFdbCatchUp, cancelGc, scheduleGc } from './br-fdb-gc.js'
import { brMulticastDisablePort, brMulticastEnablePort } from './br-multicast.js'
import {
  BR_ADMIN_COST,
  BR_STATE_BLOCKING,
  BR_STATE_DISABLED,
  BR_STATE_FORWARDING,
  BR_STATE_LEARNING,
  type Bridge,
  type BridgePort,
  makePortId,
} from './br-private.js'

const MAX_PATH_COST = 65535
const MAX_PORT_PRIORITY = 63

/** True when a device can carry frames: its operational state is up or unknown (netif_oper_up). */
const netifOperUp = (dev: NetDevice): boolean => dev.operstate === IF_OPER_UP || dev.operstate === IF_OPER_UNKNOWN

/** True when a port's device is up and has a carrier that linkwatch has seen. */
export const portIsUsable = (p: BridgePort): boolean => p.dev.running && netifOperUp(p.dev)

const isDesignatedPort = (p: BridgePort): boolean =>
  p.designatedBridgePriority === p.br.priority &&
  p.designatedBridgeAddr === p.br.bridgeIdAddr &&
  p.designatedPort === p.portId

const becomeDesignatedPort = (p: BridgePort): void => {
  const { br } = p
  p.designatedRootPriority = br.designatedRootPriority
  p.designatedRootAddr = br.designatedRootAddr
  p.designatedCost = 0
  p.designatedBridgePriority = br.priority
  p.designatedBridgeAddr = br.bridgeIdAddr
  p.designatedPort = p.portId
}

/** The bridge is the root, each enabled port the designated one of its segment (br_configuration_update). */
const configurationUpdate = (br: Bridge): void => {
  br.designatedRootPriority = br.priority
  br.designatedRootAddr = br.bridgeIdAddr
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED) becomeDesignatedPort(p)
}

const forwardDelayExpired = (p: BridgePort): void => {
  if (p.state !== BR_STATE_LEARNING) return
  p.state = BR_STATE_FORWARDING
  flowFlush(p.dev.netns)
  netifCarrierOn(p.br.dev)
}

const makeForwarding = (p: BridgePort): void => {
  if (p.state !== BR_STATE_BLOCKING) return
  p.state = BR_STATE_FORWARDING
  flowFlush(p.dev.netns)
  // The kernel starts this timer although without STP it has nothing to do for a port that forwards already.
  if (p.br.forwardDelay !== 0) p.forwardDelayTimer.mod(p.br.forwardDelay)
}

/** Settles the ports' states and the bridge's own carrier (br_port_state_selection). */
export const brPortStateSelection = (br: Bridge): void => {
  let live = 0
  for (const p of br.ports) {
    if (p.state === BR_STATE_DISABLED) continue
    makeForwarding(p)
    if (p.state !== BR_STATE_BLOCKING) brMulticastEnablePort(p)
    if (p.state === BR_STATE_FORWARDING) live++
  }
  if (live === 0) netifCarrierOff(br.dev)
  else netifCarrierOn(br.dev)
}

/** A port's device came up (br_stp_enable_port). */
export const brStpEnablePort = (p: BridgePort): void => {
  p.portId = makePortId(p.priority, p.portNo)
  becomeDesignatedPort(p)
  p.state = BR_STATE_BLOCKING
  flowFlush(p.dev.netns)
  brPortStateSelection(p.br)
}

/** A port's device went down or lost its carrier: what was learned there is forgotten (br_stp_disable_port). */
export const brStpDisablePort = (p: BridgePort): void => {
  const { br } = p
  becomeDesignatedPort(p)
  p.state = BR_STATE_DISABLED
  flowFlush(p.dev.netns)
  p.forwardDelayTimer.del()
  brFdbCatchUp(br)
  if (p.backupPort === null) brFdbDeleteByPort(br, p, false)
  brMulticastDisablePort(p)
  configurationUpdate(br)
  brPortStateSelection(br)
}

/** The bridge came up (br_stp_enable_bridge). */
export const brStpEnableBridge = (br: Bridge): void => {
  scheduleGc(br, br.world.now, HZ / 10)
  for (const p of br.ports) if (portIsUsable(p)) brStpEnablePort(p)
}

/** The bridge went down (br_stp_disable_bridge). */
export const brStpDisableBridge = (br: Bridge): void => {
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED) brStpDisablePort(p)
  brFdbCatchUp(br)
  cancelGc(br)
}

/** Gives the bridge another address (br_stp_change_bridge_id). */
export const brStpChangeBridgeId = (br: Bridge, mac: number): void => {
  const old = br.bridgeIdAddr
  brFdbCatchUp(br)
  brFdbChangeMacAddress(br, mac)
  br.bridgeIdAddr = mac
  br.dev.setAddr(mac)
  for (const p of br.ports) {
    if (p.designatedBridgeAddr === old) p.designatedBridgeAddr = mac
    if (p.designatedRootAddr === old) p.designatedRootAddr = mac
  }
  configurationUpdate(br)
  brPortStateSelection(br)
}

/**
 * Takes the smallest address of the ports, zero without ports, unless somebody has chosen one; true when it changed
 * (br_stp_recalculate_bridge_id).
 */
export const brStpRecalculateBridgeId = (br: Bridge): boolean => {
  if (br.dev.addrAssigned) return false
  let mac = 0
  for (const p of br.ports) if (mac === 0 || p.dev.addr < mac) mac = p.dev.addr
  if (br.bridgeIdAddr === mac) return false
  brStpChangeBridgeId(br, mac)
  return true
}

/** Sets the bridge's priority (br_stp_set_bridge_priority). */
export const brStpSetBridgePriority = (br: Bridge, priority: number): void => {
  for (const p of br.ports)
    if (p.state !== BR_STATE_DISABLED && isDesignatedPort(p)) p.designatedBridgePriority = priority
  br.priority = priority
  configurationUpdate(br)
  brPortStateSelection(br)
}

/** Sets a port's priority, 0..63. Throws ERANGE. */
export const brStpSetPortPriority = (p: BridgePort, priority: number): void => {
  if (priority > MAX_PORT_PRIORITY) throw new NetloomError('ERANGE', undefined, { dev: p.dev.name, priority })
  const portId = makePortId(priority, p.portNo)
  if (isDesignatedPort(p)) p.designatedPort = portId
  p.portId = portId
  p.priority = priority
  const { br } = p
  const ours = p.designatedBridgePriority === br.priority && p.designatedBridgeAddr === br.bridgeIdAddr
  if (!ours || portId >= p.designatedPort) return
  becomeDesignatedPort(p)
  brPortStateSelection(br)
}

/** Sets a port's path cost, 1..65535. Throws ERANGE. */
export const brStpSetPathCost = (p: BridgePort, cost: number): void => {
  if (cost < 1 || cost > MAX_PATH_COST) throw new NetloomError('ERANGE', undefined, { dev: p.dev.name, cost })
  p.flags |= BR_ADMIN_COST
  p.pathCost = cost
  configurationUpdate(p.br)
  brPortStateSelection(p.br)
}

/** Sets a port's state by hand. Throws EINVAL, or ENETDOWN while the port's device carries nothing. */
export const brSetPortState = (p: BridgePort, state: number): void => {
  const { dev, br } = p
  if (state < 0 || state > BR_STATE_BLOCKING) throw new NetloomError('EINVAL', undefined, { dev: dev.name, state })
  if (!dev.running || (!netifOperUp(dev) && state !== BR_STATE_DISABLED))
    throw new NetloomError('ENETDOWN', undefined, { dev: dev.name })
  p.state = state
  flowFlush(p.dev.netns)
  const due = p.forwardDelayTimer.firesAt
  // A port that was set to learning while its forward delay runs starts to forward at the end of it.
  if (state === BR_STATE_LEARNING && due >= 0)
    br.world.sim.scheduleAt(due, forwardDelayExpired, p, 0, `${dev} forward delay`)
  brPortStateSelection(br)
}
