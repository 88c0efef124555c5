/**
 * Attributes of a tun or tap in `ip -d link`.
 *
 * @see iproute2 ip/iptuntap.c, ip/iplink_tun.c tun_print_opt
 */
import type { TunAttrs } from '../../dev/tun.js'
import { GROUPS, USERS } from '../owner-names.js'
import type { Printer } from '../printer.js'

const onOff = (p: Printer, key: string, value: boolean): void => p.field(key, value, `${key} ${value ? 'on' : 'off'} `)

/** Prints the mode, the switches, and who may open it. */
export const printTun = (p: Printer, attrs: object): void => {
  const a = attrs as TunAttrs
  p.field('type', a.type, `type ${a.type} `)
  onOff(p, 'pi', a.pi)
  onOff(p, 'vnet_hdr', a.vnetHdr)
  p.field('multi_queue', a.multiQueue, a.multiQueue ? 'multi_queue ' : '')
  if (a.multiQueue) {
    p.field('numqueues', a.numQueues, `numqueues ${a.numQueues} `)
    p.field('numdisabled', a.numDisabled, `numdisabled ${a.numDisabled} `)
  }
  onOff(p, 'persist', a.persist)
  if (a.user !== null) p.field('user', USERS.name(a.user), `user ${USERS.name(a.user)} `)
  if (a.group !== null) p.field('group', GROUPS.name(a.group), `group ${GROUPS.name(a.group)} `)
}
