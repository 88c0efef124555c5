/**
 * `cnitool`: attaches a namespace to a network of /etc/cni/net.d, as a runtime would, by hand.
 *
 * @see cni v0.8.1 cnitool/cnitool.go
 */
import type { Command, CommandContext } from '../app/command.js'
import { Process } from '../app/process.js'
import { spawn, type Thread } from '../app/thread.js'
import { fsOf } from '../fs/file-system.js'
import { goMap, goStruct, goTop } from '../app/go-decode.js'
import { goQuote } from '../app/go-text.js'
import { GoError, goErrorText } from '../app/go-error.js'
import { splitPath } from './invoke.js'
import {
  addNetworkList,
  checkNetworkList,
  delNetworkList,
  refuseMissingPlugins,
  type RuntimeConf,
} from './libcni/api.js'
import { CNI_NET_DIR, loadConfList, type NetworkConfigList } from './libcni/conf.js'
import { printResult } from './result.js'
import { sha512Hex } from './sha512.js'
import { CNI_BIN_DIR, hostOf } from './skel.js'

const USAGE = `cnitool: Add, check, or remove network interfaces from a network namespace
  cnitool add   <net> <netns>
  cnitool check <net> <netns>
  cnitool del   <net> <netns>
`

/** Digits of the hash in a container's id: ten octets. */
const ID_DIGITS = 20

/** The id under which cnitool knows the namespace at a path. */
export const cnitoolId = (netns: string): string => `cnitool-${sha512Hex(netns).slice(0, ID_DIGITS)}`

const parseArgs = (args: string): [string, string][] =>
  args.split(';').map(pair => {
    const [key = '', value = '', ...rest] = pair.split('=')
    if (key === '' || value === '' || rest.length > 0) throw new GoError(`invalid CNI_ARGS pair ${goQuote(pair)}`)
    return [key, value]
  })

const capabilityArgs = (json: string): Record<string, unknown> => {
  if (json === '') return {}
  goStruct(json, [], goTop(''), 'map[string]interface {}')
  return goMap(json, goTop(''))
}

/** A path from the root, without `.` and `..` (filepath.Abs; programs stand at the root). */
const absolute = (path: string): string => {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}

const runtimeConf = (env: Readonly<Record<string, string>>, path: string): RuntimeConf => {
  const { CAP_ARGS = '', CNI_ARGS = '', CNI_IFNAME = 'eth0' } = env
  const capabilities = capabilityArgs(CAP_ARGS)
  const args = CNI_ARGS === '' ? [] : parseArgs(CNI_ARGS)
  const netns = absolute(path)
  return {
    containerId: cnitoolId(netns),
    netns,
    ifName: CNI_IFNAME,
    // DIFFERS: cnitool finds no plugin without CNI_PATH, which a script cannot set here.
    path: splitPath(env['CNI_PATH'] ?? CNI_BIN_DIR),
    args,
    capabilityArgs: capabilities,
    env,
  }
}

function* work(process: Process, command: string, list: NetworkConfigList, rt: RuntimeConf): Thread {
  if (command === 'add') {
    const result = yield* addNetworkList(process, list, rt)
    process.stdout += printResult(result, list.cniVersion)
  } else if (command === 'check') yield* checkNetworkList(process, list, rt)
  else if (command === 'del') yield* delNetworkList(process, list, rt)
}

function* main(process: Process, argv: readonly string[], env: Readonly<Record<string, string>>): Thread {
  const [, command = '', network = '', netns = ''] = argv
  try {
    const { NETCONFPATH = '' } = env
    const list = loadConfList(fsOf(process.netns), NETCONFPATH === '' ? CNI_NET_DIR : NETCONFPATH, network)
    const rt = runtimeConf(env, netns)
    refuseMissingPlugins(process.netns.world, list)
    yield* work(process, command, list, rt)
    process.exit(0)
  } catch (e) {
    process.stderr += `${goErrorText(e)}\n`
    process.exit(1)
  }
}

const NEEDED_WORDS = 4

const run = (ctx: CommandContext, argv: readonly string[]): number | Process => {
  if (argv.length < NEEDED_WORDS) {
    ctx.err(USAGE)
    return 1
  }
  const process = new Process(hostOf(ctx, 'cnitool'), 'cnitool')
  spawn(process, () => main(process, argv, ctx.env ?? {}))
  return process
}

/** The command. */
export const cnitoolCommand: Command = { name: 'cnitool', run }
