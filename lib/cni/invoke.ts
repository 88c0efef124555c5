/**
 * How a plugin or a runtime executes a plugin: found in the directories of CNI_PATH, told by environment and standard input.
 *
 * @see cni v0.8.1 pkg/invoke
 */
import { commandOf } from '../app/command.js'
import { exec } from '../app/exec.js'
import { octetsOf } from '../app/text.js'
import type { Process } from '../app/process.js'
import type { Thread } from '../app/thread.js'
import type { World } from '../core/world.js'
import { CniError } from './cni-error.js'
import { goStruct, goTop } from '../app/go-decode.js'
import { goQuote } from '../app/go-text.js'
import { GoError, goErrorText } from '../app/go-error.js'
import { type CniResult, parseResult } from './result.js'
import { CNI_BIN_DIR, type CmdArgs } from './skel.js'
import { decodeVersion } from './version.js'

/** Plugins of containernetworking that netloom has not. */
const MISSING: readonly string[] = [
  'bandwidth',
  'dhcp',
  'firewall',
  'host-device',
  'ipvlan',
  'macvlan',
  'portmap',
  'ptp',
  'sbr',
  'static',
  'tuning',
  'vlan',
  'vrf',
]

/** Directories of CNI_PATH. */
export const splitPath = (path: string): string[] => (path === '' ? [] : path.split(':'))

/** Names of the plugins that a world has in /opt/cni/bin. */
export const pluginNames = (world: World): string[] =>
  world.executables
    .names()
    .filter(name => name.startsWith(`${CNI_BIN_DIR}/`))
    .map(name => name.slice(CNI_BIN_DIR.length + 1))

/** What netloom says to a plugin that exists in reality and not here. */
export const missingPluginText = (world: World, plugin: string): string =>
  `netloom has no CNI plugin ${goQuote(plugin)}; it has ${pluginNames(world).join(', ')}: take ${plugin} out of the network's configuration`

/** True for a plugin of containernetworking that this world has not. */
export const isMissingPlugin = (world: World, plugin: string): boolean =>
  MISSING.includes(plugin) && !pluginNames(world).includes(plugin)

/** The path of a plugin (invoke.FindInPath). Throws GoError. */
export const findInPath = (world: World, plugin: string, paths: readonly string[]): string => {
  if (plugin === '') throw new GoError('no plugin name provided')
  if (plugin.includes('/')) throw new GoError(`invalid plugin name: ${plugin}`)
  if (paths.length === 0) throw new GoError('no paths provided')
  if (isMissingPlugin(world, plugin)) throw new GoError(missingPluginText(world, plugin))
  for (const path of paths) {
    const full = `${path.replace(/\/+$/, '')}/${plugin}`
    if (commandOf(world, full) !== null) return full
  }
  throw new GoError(`failed to find plugin ${goQuote(plugin)} in path [${paths.join(' ')}]`)
}

/** The error of a plugin that has failed, from what it printed (RawExec.pluginErr). */
const pluginError = (status: number, stdout: string, stderr: string): CniError => {
  const unknown = (msg: string): CniError => new CniError(0, msg)
  if (stdout === '')
    return unknown(
      stderr === ''
        ? `netplugin failed with no error message: exit status ${status}`
        : `netplugin failed: ${goQuote(stderr)}`,
    )
  try {
    const {
      code = 0,
      msg = '',
      details = '',
    } = goStruct(
      stdout,
      [
        { name: 'code', type: 'uint' },
        { name: 'msg', type: 'string' },
        { name: 'details', type: 'string' },
      ],
      goTop('Error'),
      'types.Error',
    ) as { readonly code?: number; readonly msg?: string; readonly details?: string }
    return new CniError(code, msg, details)
  } catch (e) {
    return unknown(`netplugin failed but error parsing its diagnostic message ${goQuote(stdout)}: ${goErrorText(e)}`)
  }
}

/** Executes a plugin and returns what it printed. Throws CniError when it fails. */
export function* execPlugin(
  process: Process,
  path: string,
  conf: string,
  env: Readonly<Record<string, string>>,
): Thread<string> {
  const { status, stdout, stderr } = yield* exec(process, [path], { stdin: octetsOf(conf), env })
  if (status !== 0) throw pluginError(status, stdout, stderr)
  process.stderr += stderr
  return stdout
}

/** Executes a plugin for its result. Throws CniError, and GoError for a result that is none. */
export function* execPluginWithResult(
  process: Process,
  path: string,
  conf: string,
  env: Readonly<Record<string, string>>,
): Thread<CniResult> {
  const stdout = yield* execPlugin(process, path, conf, env)
  return parseResult(decodeVersion(conf), stdout)
}

const delegate = (process: Process, args: CmdArgs, plugin: string): string =>
  findInPath(process.netns.world, plugin, splitPath(args.env['CNI_PATH'] ?? ''))

/** Executes another plugin for the same container (invoke.DelegateAdd). */
export function* delegateAdd(process: Process, args: CmdArgs, plugin: string, conf: string): Thread<CniResult> {
  const path = delegate(process, args, plugin)
  return yield* execPluginWithResult(process, path, conf, { ...args.env, CNI_COMMAND: 'ADD' })
}

/** As {@link delegateAdd}, to check what is there. */
export function* delegateCheck(process: Process, args: CmdArgs, plugin: string, conf: string): Thread {
  const path = delegate(process, args, plugin)
  yield* execPlugin(process, path, conf, { ...args.env, CNI_COMMAND: 'CHECK' })
}

/** As {@link delegateAdd}, to take it away. */
export function* delegateDel(process: Process, args: CmdArgs, plugin: string, conf: string): Thread {
  const path = delegate(process, args, plugin)
  yield* execPlugin(process, path, conf, { ...args.env, CNI_COMMAND: 'DEL' })
}
