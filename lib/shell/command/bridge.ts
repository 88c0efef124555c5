/**
 * `bridge`: the objects link, fdb, mdb and vlan.
 *
 * @see bridge(8)
 */
import type { Command } from '../../app/command.js'
import { bridgeFdb } from './bridge-fdb.js'
import { bridgeLink } from './bridge-link.js'
import { bridgeMdb } from './bridge-mdb.js'
import { bridgeVlan } from './bridge-vlan.js'
import { toolCommand } from './tool.js'
import { BRIDGE_OPTIONS } from './tool-options.js'

/** The command `bridge`. */
export const bridgeCommand: Command = toolCommand({
  name: 'bridge',
  version: 'bridge utility, 6.1.0',
  options: BRIDGE_OPTIONS,
  optionHelp: 'bridge help',
  exitUnknownObject: 255,
  exitRefused: 255,
  objects: [
    { word: 'link', run: bridgeLink },
    { word: 'fdb', run: bridgeFdb },
    { word: 'mdb', run: bridgeMdb },
    { word: 'vlan', run: bridgeVlan },
    { word: 'vni', run: null },
    { word: 'monitor', run: null },
  ],
})
