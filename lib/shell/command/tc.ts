/**
 * `tc`: queueing disciplines. Classes, filters and actions are refused.
 *
 * @see tc(8)
 */
import type { Command } from '../../app/command.js'
import { tcQdisc } from './tc-qdisc.js'
import { toolCommand } from './tool.js'
import { TC_OPTIONS } from './tool-options.js'

/** The command `tc`. */
export const tcCommand: Command = toolCommand({
  name: 'tc',
  version: 'tc utility, iproute2-6.1.0, libbpf 1.1.2',
  options: TC_OPTIONS,
  optionHelp: 'tc -help',
  exitUnknownObject: 255,
  exitRefused: 2,
  objects: [
    { word: 'qdisc', run: tcQdisc },
    { word: 'class', run: null },
    { word: 'filter', run: null },
    { word: 'chain', run: null },
    { word: 'actions', run: null },
    { word: 'monitor', run: null },
    { word: 'exec', run: null },
  ],
})
