/**
 * Sets a kernel up: the layers register with the core in the order in which Linux initialises them.
 *
 * IPv4 comes before the devices: it hears of them first, has its state when `lo` registers, and is still there when the
 * devices of a namespace go.
 *
 * @see init/main.c do_initcalls
 */
import { type Command, registerCommands } from '../app/command.js'
import { processInit } from '../app/process.js'
import { CNI_COMMANDS } from '../cni/plugins.js'
import type { QdiscOps } from '../core/qdisc.js'
import type { LinkKind } from '../core/registry.js'
import { World as Kernel, type WorldOptions as KernelOptions } from '../core/world.js'
import { netSysctlProvider } from '../core/sysctl-net.js'
import { LINK_KINDS, registerDevices } from '../dev/kinds.js'
import { ipv4Init } from '../ip/stack.js'
import { nfConntrackInit } from '../netfilter/conntrack/nf-conntrack-init.js'
import { netfilterInit } from '../netfilter/netfilter.js'
import { nsidEvent } from '../rtnl/nsid.js'
import { QDISC_KINDS, registerQdiscs } from '../sched/kinds.js'
import { COMMANDS } from '../shell/commands.js'

/** Makes a kernel with everything that netloom has, and further kinds besides. Throws for a kind that is there already. */
export const boot = (
  options: KernelOptions,
  linkKinds: readonly LinkKind[],
  qdiscKinds: readonly QdiscOps[] = [],
  commands: readonly Command[] = [],
): Kernel => {
  const kernel = new Kernel(options)
  kernel.sysctlProviders.push(netSysctlProvider)
  registerQdiscs(kernel, [...QDISC_KINDS, ...qdiscKinds])
  processInit(kernel)
  ipv4Init(kernel)
  nfConntrackInit(kernel)
  netfilterInit(kernel)
  kernel.notifiers.register(nsidEvent)
  registerDevices(kernel, [...LINK_KINDS, ...linkKinds])
  registerCommands(kernel, [...COMMANDS, ...CNI_COMMANDS, ...commands])
  return kernel
}
