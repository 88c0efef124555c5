/**
 * `bridge fdb add|del MAC dev MACVLAN self`: further addresses that a macvlan listens to.
 *
 * @see drivers/net/macvlan.c macvlan_fdb_add, macvlan_fdb_del
 */
import { devMcAdd, devMcDel, devUcAdd, devUcDel } from '../../core/dev.js'
import type { FdbOps } from '../../core/fdb.js'
import type { NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { isMulticastMac } from '../../wire/mac.js'
import { macvlanPriv } from './macvlan-private.js'

/** Unicast addresses can be added in passthru mode only. */
const check = (dev: NetDevice, mac: number): void => {
  if (!isMulticastMac(mac) && !macvlanPriv(dev).port.passthru)
    throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
}

/** Functions of macvlans for forwarding entries; their lists are dumped as every device's are. */
export const MACVLAN_FDB_OPS: FdbOps = {
  add(dev, { lladdr }, mode) {
    check(dev, lladdr)
    if (mode === 'replace') throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
    const isGroup = isMulticastMac(lladdr)
    if ((isGroup ? dev.mc : dev.uc).has(lladdr)) throw new NetloomError('EEXIST', undefined, { dev: dev.name })
    if (isGroup) devMcAdd(dev, lladdr)
    else devUcAdd(dev, lladdr)
  },
  del(dev, { lladdr }) {
    check(dev, lladdr)
    const gone = isMulticastMac(lladdr) ? devMcDel(dev, lladdr) : devUcDel(dev, lladdr)
    if (!gone) throw new NetloomError('ENOENT', undefined, { dev: dev.name })
  },
  dump: () => [],
  listsOwnAddresses: true,
}
