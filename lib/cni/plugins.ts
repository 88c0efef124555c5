/**
 * THE TABLE of CNI plugins: what stands in /opt/cni/bin of every host. A new plugin is one file in plugin/ and one line here.
 */
import type { Command } from '../app/command.js'
import { bridgePlugin } from './plugin/bridge.js'
import { flannelPlugin } from './plugin/flannel.js'
import { hostLocalPlugin } from './plugin/host-local.js'
import { loopbackPlugin } from './plugin/loopback.js'
import { type CniPlugin, pluginCommand } from './skel.js'

/** All plugins, in the order in which messages name them. */
export const CNI_PLUGINS: readonly CniPlugin[] = [bridgePlugin, flannelPlugin, hostLocalPlugin, loopbackPlugin]

/** The plugins as executables. */
export const CNI_COMMANDS: readonly Command[] = CNI_PLUGINS.map(pluginCommand)
