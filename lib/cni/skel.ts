/**
 * The frame of every plugin: what it is told by its environment and standard input, checked; ADD, CHECK, DEL and VERSION; and
 * what it prints.
 *
 * @see CNI SPEC 0.4.0, "Parameters"; cni v0.8.1 pkg/skel/skel.go
 */
import type { Command, CommandContext } from '../app/command.js'
import { octetText } from '../app/octet-text.js'
import { Process } from '../app/process.js'
import { spawn, type Thread } from '../app/thread.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import {
  CniError,
  ERR_DECODING_FAILURE,
  ERR_INCOMPATIBLE_CNI_VERSION,
  ERR_INTERNAL,
  ERR_INVALID_ENVIRONMENT_VARIABLES,
  ERR_INVALID_NETWORK_CONFIG,
  ERR_UNKNOWN_CONTAINER,
} from './cni-error.js'
import { goStruct, goTop } from '../app/go-decode.js'
import { goErrorText, GoPanic } from '../app/go-error.js'
import { goMarshal } from '../app/go-json.js'
import { CURRENT_VERSION, decodeVersion, incompatible, isAtLeast, SUPPORTED_VERSIONS } from './version.js'

/** Where the plugins of a host are. */
export const CNI_BIN_DIR = '/opt/cni/bin'

/** What a plugin is told. */
export interface CmdArgs {
  readonly containerId: string
  /** Path of the container's namespace. */
  readonly netns: string
  readonly ifName: string
  /** CNI_ARGS. */
  readonly args: string
  /** The network's configuration, JSON. */
  readonly stdin: string
  /** The whole environment, which plugins that are delegated to inherit. */
  readonly env: Readonly<Record<string, string>>
}

/** A plugin. Each part runs as a thread of its process, in the host's namespace, and fails by throwing a GoError. */
export interface CniPlugin {
  /** Name of the executable, and the `type` of a configuration. */
  readonly name: string
  /** Returns what is printed. */
  cmdAdd(process: Process, args: CmdArgs): Thread<string>
  /** Looks whether what ADD has made is still there. */
  cmdCheck(process: Process, args: CmdArgs): Thread
  /** Takes back what ADD has made; what is gone already is no error. */
  cmdDel(process: Process, args: CmdArgs): Thread
}

const VALID_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/
const MAX_INTERFACE_NAME = 15

/** Throws CniError for an id that is none (utils.ValidateContainerID). */
export const validateContainerId = (id: string): void => {
  if (id === '') throw new CniError(ERR_UNKNOWN_CONTAINER, 'missing containerID')
  if (!VALID_NAME.test(id))
    throw new CniError(ERR_INVALID_ENVIRONMENT_VARIABLES, 'invalid characters in containerID', id)
}

/** Throws CniError for a name that a network cannot have (utils.ValidateNetworkName). */
export const validateNetworkName = (name: string): void => {
  if (name === '') throw new CniError(ERR_INVALID_NETWORK_CONFIG, 'missing network name:')
  if (!VALID_NAME.test(name))
    throw new CniError(ERR_INVALID_NETWORK_CONFIG, 'invalid characters found in network name', name)
}

/** Throws CniError for a name that a device cannot have (utils.ValidateInterfaceName). */
export const validateInterfaceName = (name: string): void => {
  const refuse = (msg: string, details = ''): never => {
    throw new CniError(ERR_INVALID_ENVIRONMENT_VARIABLES, msg, details)
  }
  if (name === '') refuse('interface name is empty')
  if (name.length > MAX_INTERFACE_NAME)
    refuse('interface name is too long', `interface name should be less than ${MAX_INTERFACE_NAME + 1} characters`)
  if (name === '.' || name === '..') refuse('interface name is . or ..')
  if (/[/:\s]/.test(name)) refuse('interface name contains / or : or whitespace characters')
}

const ALL = ['ADD', 'CHECK', 'DEL']

/** Variables in the order in which missing ones are told, and the commands that need them. */
const VARIABLES: readonly (readonly [string, readonly string[]])[] = [
  ['CNI_CONTAINERID', ALL],
  ['CNI_NETNS', ['ADD', 'CHECK']],
  ['CNI_IFNAME', ALL],
  ['CNI_ARGS', []],
  ['CNI_PATH', ALL],
]

const argsOf = (env: Readonly<Record<string, string>>, command: string, stdin: string): CmdArgs => {
  const missing = VARIABLES.filter(([name, needed]) => (env[name] ?? '') === '' && needed.includes(command))
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(',')
    throw new CniError(ERR_INVALID_ENVIRONMENT_VARIABLES, `required env variables [${names}] missing`)
  }
  const { CNI_CONTAINERID = '', CNI_NETNS = '', CNI_IFNAME = '', CNI_ARGS = '' } = env
  return { containerId: CNI_CONTAINERID, netns: CNI_NETNS, ifName: CNI_IFNAME, args: CNI_ARGS, stdin, env }
}

/** Does `fn`; what fails gets a code. */
const coded = <T>(code: number, fn: () => T, prefix = ''): T => {
  try {
    return fn()
  } catch (e) {
    throw new CniError(code, prefix + goErrorText(e))
  }
}

const validateConfig = (stdin: string): void => {
  const { name = '' } = coded(
    ERR_DECODING_FAILURE,
    () => goStruct(stdin, [{ name: 'name', type: 'string' }], goTop(''), 'struct { Name string "json:\\"name\\"" }'),
    'error unmarshall network config: ',
  ) as { readonly name?: string }
  if (name === '') throw new CniError(ERR_INVALID_NETWORK_CONFIG, 'missing network name')
  validateNetworkName(name)
}

function* checkVersionAndCall<T>(args: CmdArgs, call: () => Thread<T>): Thread<T> {
  const version = coded(ERR_DECODING_FAILURE, () => decodeVersion(args.stdin))
  const reason = incompatible(version)
  if (reason !== null) throw new CniError(ERR_INCOMPATIBLE_CNI_VERSION, 'incompatible CNI versions', reason)
  return yield* call()
}

function* check(plugin: CniPlugin, process: Process, args: CmdArgs): Thread<string> {
  const refuse = (msg: string): never => {
    throw new CniError(ERR_INCOMPATIBLE_CNI_VERSION, msg)
  }
  const version = coded(ERR_DECODING_FAILURE, () => decodeVersion(args.stdin))
  if (!coded(ERR_DECODING_FAILURE, () => isAtLeast(version, '0.4.0'))) refuse('config version does not allow CHECK')
  if (!isAtLeast(CURRENT_VERSION, version)) refuse('plugin version does not allow CHECK')
  yield* checkVersionAndCall(args, () => plugin.cmdCheck(process, args))
  return ''
}

function* execute(plugin: CniPlugin, process: Process, command: string, args: CmdArgs): Thread<string> {
  if (command === 'VERSION')
    return `${goMarshal({ cniVersion: CURRENT_VERSION, supportedVersions: SUPPORTED_VERSIONS })}\n`
  validateConfig(args.stdin)
  validateContainerId(args.containerId)
  validateInterfaceName(args.ifName)
  if (command === 'ADD') return yield* checkVersionAndCall(args, () => plugin.cmdAdd(process, args))
  if (command === 'CHECK') return yield* check(plugin, process, args)
  if (command !== 'DEL') throw new CniError(ERR_INVALID_ENVIRONMENT_VARIABLES, `unknown CNI_COMMAND: ${command}`)
  yield* checkVersionAndCall(args, () => plugin.cmdDel(process, args))
  return ''
}

const errorJson = (e: unknown): string => {
  const { code, msg, details } = e instanceof CniError ? e : new CniError(ERR_INTERNAL, goErrorText(e))
  return goMarshal({ code, msg, ...(details !== '' && { details }) }, 4)
}

const PANICKED = 2

function* main(plugin: CniPlugin, process: Process, env: Readonly<Record<string, string>>, stdin: string): Thread {
  const { CNI_COMMAND = '' } = env
  if (CNI_COMMAND === '') {
    process.stderr += `CNI ${plugin.name} plugin version unknown\n`
    process.exit(0)
    return
  }
  let status = 0
  try {
    process.stdout += yield* execute(plugin, process, CNI_COMMAND, argsOf(env, CNI_COMMAND, stdin))
  } catch (e) {
    if (e instanceof GoPanic) {
      // DIFFERS: a plugin written in Go prints the place of a run-time error with the message.
      process.stderr += `panic: ${e.message}\n`
      status = PANICKED
    } else {
      process.stdout += errorJson(e)
      status = 1
    }
  }
  process.exit(status)
}

/** The namespace of the host that a program was executed in. Throws EGRAMMAR when there is none: netloom has no root namespace. */
export const hostOf = (ctx: CommandContext, program: string): Netns => {
  if (ctx.netns !== null) return ctx.netns
  throw new NetloomError(
    'EGRAMMAR',
    `${program} without a namespace: write ip netns exec NS ${program} ...; every host is a namespace`,
    { word: program },
  )
}

/** A plugin as an executable of every host: `/opt/cni/bin/NAME`. */
export const pluginCommand = (plugin: CniPlugin): Command => ({
  name: `${CNI_BIN_DIR}/${plugin.name}`,
  run(ctx) {
    const process = new Process(hostOf(ctx, plugin.name), plugin.name)
    const stdin = octetText(ctx.stdin ?? new Uint8Array(0))
    spawn(process, () => main(plugin, process, ctx.env ?? {}, stdin))
    return process
  },
})
