/**
 * Keys of /proc/sys/net that stand for what netloom has not: no IPv6; and the sizes of socket
 * buffers, which a namespace can read and not write.
 *
 * DIFFERS: the kernel starts with IPv6 on (disable_ipv6 is 0); in netloom it is off, and no other value can be set.
 *
 * @see net/core/sysctl_net_core.c, net/ipv6/addrconf.c
 */
import { NetloomError } from '../errors.js'
import type { Netns } from './netns.js'
import { type SysctlEntry, sysctlDevice, sysctlInt } from './sysctl.js'

/** A key with one possible value; `instead` says what another value would need. */
const fixed = (name: string, value: number, instead: string): SysctlEntry => ({
  name,
  read: () => String(value),
  write: text => {
    if (sysctlInt(text) === value) return
    throw new NetloomError('EOPNOTSUPP', `${name} can only be ${value}: ${instead}`, { key: name, value: text })
  },
})

const readOnly = (name: string, value: number): SysctlEntry => ({ name, read: () => String(value) })

/** Keys of net.core and net.ipv6. */
export const netSysctlProvider = function* (netns: Netns): Iterable<SysctlEntry> {
  const { profile } = netns.world
  yield readOnly('net.core.rmem_default', profile.rmemDefault)
  yield readOnly('net.core.rmem_max', profile.rmemMax)
  yield readOnly('net.core.wmem_default', profile.wmemDefault)
  yield readOnly('net.core.wmem_max', profile.wmemMax)
  for (const dev of ['all', 'default', ...netns.devices.map(d => sysctlDevice(d.name))])
    yield fixed(`net.ipv6.conf.${dev}.disable_ipv6`, 1, 'netloom has no IPv6')
}
