/**
 * `ethtool DEV`: speed and carrier; `ethtool -k` and `-K`: the offload features of a device, over rtnl/. Everything else of ethtool is refused.
 *
 * @see ethtool(8); ethtool netlink/features.c for the texts
 */
import type { NetDevice } from '../../core/netdev.js'
import { NetloomError } from '../../errors.js'
import { ethtoolLinkSettings, type LinkModes } from '../../rtnl/ethtool-link.js'
import { ethtoolFeatures, ethtoolSetFeatures, type FeatureRequest } from '../../rtnl/ethtool.js'
import type { Command, CommandContext } from '../../app/command.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const SUPPORTED = 'DEV, -k DEV, -K DEV FEATURE on|off ...'
const SHOW: readonly string[] = ['-k', '--show-features', '--show-offload']
const SET: readonly string[] = ['-K', '--features', '--offload']
/** Exit statuses of ethtool after a netlink error: of a show, and of a set. */
const EXIT_SHOW = 1
const EXIT_SET = 92
/** Where the netlink message that sets features has its device, and where its first feature begins but for the device's name. */
const DEVICE_OFFSET = 24
const FEATURE_OFFSET = 44

const badArguments = (): never => {
  throw new ToolExit(1, 'ethtool: bad command line argument(s)\nFor more information run ethtool -h\n')
}

/** Octets of a netlink attribute that holds a string. */
const stringAttr = (text: string): number => (4 + text.length + 1 + 3) & ~3

const noDeviceText = `netlink error: no device matches name (offset ${DEVICE_OFFSET})\nnetlink error: No such device\n`

const deviceOf = (ctx: CommandContext, name: string, status: number): NetDevice => {
  const dev = netnsOf(ctx, 'ethtool').devByName(name)
  if (dev !== null) return dev
  throw new ToolExit(status, noDeviceText)
}

const state = (on: boolean, note: string): string => `${on ? 'on' : 'off'}${note === '' ? '' : ` [${note}]`}`

const show = (ctx: CommandContext, name: string): number => {
  const dev = deviceOf(ctx, name, EXIT_SHOW)
  let text = `Features for ${name}:\n`
  for (const line of ethtoolFeatures(dev))
    text += `${line.indented ? '\t' : ''}${line.name}: ${state(line.on, line.note)}\n`
  ctx.out(text)
  return 0
}

/** What follows the port in the lines of `ethtool DEV`; modes are of no card of netloom. */
const modeLines = ({ speed, duplex, port }: LinkModes): string => `\tSupported ports: [  ]
\tSupported link modes:   Not reported
\tSupported pause frame use: No
\tSupports auto-negotiation: No
\tSupported FEC modes: Not reported
\tAdvertised link modes:  Not reported
\tAdvertised pause frame use: No
\tAdvertised auto-negotiation: No
\tAdvertised FEC modes: Not reported
\tSpeed: ${speed === null ? 'Unknown!' : `${speed}Mb/s`}
\tDuplex: ${duplex === null ? 'Unknown! (255)' : 'Full'}
\tAuto-negotiation: off
\tPort: ${port}
\tPHYAD: 0
\tTransceiver: internal
${port === 'Twisted Pair' ? '\tMDI-X: Unknown\n' : ''}`

const MESSAGE_LEVEL = `        Current message level: 0x00000000 (0)\n${' '.repeat(30)}\n`
/** Requests that `ethtool DEV` makes, each of which fails for a device that is not there. */
const SETTINGS_REQUESTS = 5
const EXIT_NO_DATA = 75

const settings = (ctx: CommandContext, name: string): number => {
  const dev = netnsOf(ctx, 'ethtool').devByName(name)
  if (dev === null) {
    ctx.out('No data available\n')
    throw new ToolExit(EXIT_NO_DATA, noDeviceText.repeat(SETTINGS_REQUESTS))
  }
  const { modes, hasMessageLevel, linkDetected } = ethtoolLinkSettings(dev)
  ctx.out(
    `Settings for ${name}:\n${modes === null ? '' : modeLines(modes)}${hasMessageLevel ? MESSAGE_LEVEL : ''}` +
      `\tLink detected: ${linkDetected ? 'yes' : 'no'}\n`,
  )
  return 0
}

const requestsOf = (words: readonly string[]): FeatureRequest[] => {
  const requests: FeatureRequest[] = []
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i + 1]
    if (value !== 'on' && value !== 'off')
      throw new ToolExit(
        1,
        `ethtool (-K): flag '${value ?? '(null)'}' for parameter '(null)' is not followed by 'on' or 'off'\n`,
      )
    requests.push({ name: words[i]!, on: value === 'on' })
  }
  return requests
}

/** What an unknown feature is answered with. The offset is exact when no group (`tx`, `gso`) stands in front of it. */
const unknownFeature = (dev: NetDevice, requests: readonly FeatureRequest[], name: unknown): ToolExit => {
  let offset = FEATURE_OFFSET + stringAttr(dev.name)
  for (const request of requests) {
    if (request.name === name) break
    offset += 4 + stringAttr(request.name) + (request.on ? 4 : 0)
  }
  return new ToolExit(
    EXIT_SET,
    `netlink error: bit name not found (offset ${offset})\nnetlink error: Operation not supported\n`,
  )
}

const set = (ctx: CommandContext, name: string, words: readonly string[]): number => {
  const requests = requestsOf(words)
  const dev = deviceOf(ctx, name, EXIT_SET)
  try {
    const { changes, nothingChanged } = ethtoolSetFeatures(dev, requests)
    if (changes.length > 0)
      ctx.out(`Actual changes:\n${changes.map(c => `${c.name}: ${state(c.on, c.note)}\n`).join('')}`)
    if (!nothingChanged) return 0
    ctx.err('Could not change any device features\n')
    return 1
  } catch (e) {
    if (e instanceof NetloomError && e.context['feature'] !== undefined)
      throw unknownFeature(dev, requests, e.context['feature'])
    throw e
  }
}

const run = (ctx: CommandContext, argv: readonly string[]): number => {
  const [, option, name, ...words] = argv
  if (option === undefined) return badArguments()
  if (option === '--version') {
    ctx.out('ethtool version 6.1\n')
    return 0
  }
  if (!option.startsWith('-')) return settings(ctx, option)
  const isShow = SHOW.includes(option)
  if (!isShow && !SET.includes(option)) throw unsupported('ethtool', option, SUPPORTED)
  if (name === undefined) return badArguments()
  return isShow ? show(ctx, name) : set(ctx, name, words)
}

/** The command `ethtool`. */
export const ethtoolCommand: Command = {
  name: 'ethtool',
  run: exiting(run),
}
