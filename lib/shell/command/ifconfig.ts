/**
 * `ifconfig` of net-tools 2.10: shows devices, and changes what is no address: up, down, mtu, hw ether, txqueuelen and the
 * flags. Addresses are refused: `ip addr` sets them.
 *
 * @see ifconfig(8)
 */
import type { Netns } from '../../core/netns.js'
import { type Errno, ERRNO, NetloomError, strerror } from '../../errors.js'
import {
  compareNames,
  IFCONFIG_SHORT_HEAD,
  type IfconfigName,
  ifconfigShortText,
  ifconfigText,
} from '../../report/ifconfig-text.js'
import { addrList } from '../../rtnl/addr.js'
import { type LinkChanges, linkSet } from '../../rtnl/link.js'
import { isMacText, parseMac } from '../../wire/mac.js'
import type { Command, CommandContext } from '../../app/command.js'
import { ToolExit, unsupported } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'

const SUPPORTED =
  '-a, -s, -v, a device, and for one device up, down, mtu N, hw ether MAC, txqueuelen N, [-]arp, [-]promisc, [-]allmulti, ' +
  '[-]multicast'
/** Settings that take no value. */
const FLAGS: Readonly<Record<string, LinkChanges>> = {
  up: { up: true },
  down: { up: false },
  arp: { arp: true },
  '-arp': { arp: false },
  promisc: { promisc: true },
  '-promisc': { promisc: false },
  allmulti: { allmulticast: true },
  '-allmulti': { allmulticast: false },
  multicast: { multicast: true },
  '-multicast': { multicast: false },
}

/** Devices and the labels of their addresses, in ifconfig's order. */
const namesOf = (netns: Netns, all: boolean): IfconfigName[] => {
  const names: IfconfigName[] = []
  for (const dev of netns.devices) {
    if (!all && !dev.isUp) continue
    const labels = new Set(addrList(netns, dev).map(a => a.label))
    labels.delete(dev.name)
    names.push({ name: dev.name, dev }, ...[...labels].map(name => ({ name, dev })))
  }
  return names.sort((a, b) => compareNames(a.name, b.name))
}

/** The device of a name, or of a label such as `eth0:1`. */
const named = (netns: Netns, name: string): IfconfigName => {
  const colon = name.indexOf(':')
  const dev = netns.devByName(colon < 0 ? name : name.slice(0, colon))
  if (dev === null) throw new ToolExit(1, `${name}: error fetching interface information: Device not found\n`)
  return { name, dev }
}

/** Changes the device called `name`; a failure is the name of the system call and the reason, exit status 1. */
const change = (netns: Netns, name: string, call: string, changes: LinkChanges): void => {
  const dev = netns.devByName(name)
  if (dev === null) throw new ToolExit(1, `${call}: ${strerror('ENODEV')}\n`)
  try {
    linkSet(dev, changes)
  } catch (e) {
    if (!(e instanceof NetloomError) || !(e.code in ERRNO)) throw e
    throw new ToolExit(1, `${call}: ${strerror(e.code as Errno)}\n`)
  }
}

const numberOf = (word: string): number => (/^\d+$/.test(word) ? Number(word) : 0)

/** Applies one setting; returns how many words it took. */
const setting = (netns: Netns, name: string, words: readonly string[], at: number): number => {
  const word = words[at]!
  const flag = FLAGS[word]
  if (flag !== undefined) {
    if (netns.devByName(name) === null)
      throw new ToolExit(255, `${name}: ERROR while getting interface flags: ${strerror('ENODEV')}\n`)
    change(netns, name, 'SIOCSIFFLAGS', flag)
    return 1
  }
  const value = words[at + 1]
  if (word !== 'mtu' && word !== 'txqueuelen' && word !== 'hw') throw unsupported('ifconfig', word, SUPPORTED)
  if (value === undefined) throw new ToolExit(3, "ifconfig: `--help' gives usage information.\n")
  if (word === 'mtu') change(netns, name, 'SIOCSIFMTU', { mtu: numberOf(value) })
  else if (word === 'txqueuelen') change(netns, name, 'SIOCSIFTXQLEN', { txQueueLen: numberOf(value) })
  else {
    const mac = words[at + 2] ?? ''
    if (value !== 'ether') throw unsupported('ifconfig', value, 'ether')
    if (!isMacText(mac)) throw new ToolExit(1, `${mac}: invalid ether address.\n`)
    change(netns, name, 'SIOCSIFHWADDR', { address: parseMac(mac) })
    return 3
  }
  return 2
}

const set = (netns: Netns, name: string, words: readonly string[]): number => {
  for (let at = 0; at < words.length; ) at += setting(netns, name, words, at)
  return 0
}

const run = (ctx: CommandContext, argv: readonly string[]): number => {
  const words = argv.slice(1)
  let all = false
  let short = false
  while (words[0]?.startsWith('-')) {
    const option = words.shift()!
    if (option === '-a') all = true
    else if (option === '-s') short = true
    else if (option === '-V' || option === '--version') {
      ctx.out('net-tools 2.10\n')
      return 0
    } else if (option !== '-v')
      throw new ToolExit(
        1,
        `ifconfig: option \`${option}' not recognised.\nifconfig: \`--help' gives usage information.\n`,
      )
  }
  const netns = netnsOf(ctx, 'ifconfig')
  const [name, ...settings] = words
  if (name !== undefined && settings.length > 0) return set(netns, name, settings)
  const shown = name === undefined ? namesOf(netns, all) : [named(netns, name)]
  const text = shown.map(short ? ifconfigShortText : ifconfigText).join('')
  ctx.out(short ? IFCONFIG_SHORT_HEAD + text : text)
  return 0
}

/** The command `ifconfig`. */
export const ifconfigCommand: Command = {
  name: 'ifconfig',
  run: exiting(run),
}
