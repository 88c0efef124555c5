/**
 * kubectl 1.32: the program that people speak to an API server with.
 *
 * Left out: every command that the table here has not, YAML input, kubeconfigs in another form than JSON, TLS.
 *
 * @see kubectl pkg/cmd/cmd.go, cli-runtime pkg/genericclioptions
 */
import { Process } from '../../app/process.js'
import { spawn, type Thread } from '../../app/thread.js'
import type { Netns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import { fsOf } from '../../fs/file-system.js'
import { uuid4 } from '../apimachinery/meta.js'
import { KubeClient } from '../client/client.js'
import { kubeconfigServer, type ServerAddress, serverOf } from '../client/kubeconfig.js'
import { annotateCommand, cordonCommand, labelCommand, patchCommand, uncordonCommand } from './change.js'
import { errorText, type Kubectl, type KubectlCommand } from './command.js'
import { createCommand, deleteCommand } from './create.js'
import { type Flags, GLOBAL_FLAGS, parseFlags, UsageError } from './flags.js'
import { getCommand } from './get.js'
import { apiResourcesCommand, versionCommand } from './info.js'

/** The table of its commands. */
export const KUBECTL_COMMANDS: readonly KubectlCommand[] = [
  getCommand,
  createCommand,
  deleteCommand,
  annotateCommand,
  labelCommand,
  patchCommand,
  cordonCommand,
  uncordonCommand,
  versionCommand,
  apiResourcesCommand,
]

const DEFAULT_SERVER = 'http://localhost:8080'
const HOME = '/root'

/** What kubectl gets from who executes it. */
export interface KubectlInput {
  readonly stdin: Uint8Array | null
  readonly env: Readonly<Record<string, string>>
}

/** The server of the command line, of the kubeconfig that it or the environment names, of the user's own, or none. */
const serverFor = (netns: Netns, flags: Flags, env: KubectlInput['env']): ServerAddress => {
  if (flags.isSet('server')) return serverOf(flags.text('server'))
  const fs = fsOf(netns)
  const own = `${env['HOME'] ?? HOME}/.kube/config`
  const named = flags.isSet('kubeconfig') ? flags.text('kubeconfig') : (env['KUBECONFIG'] ?? '')
  if (flags.isSet('kubeconfig') && !fs.exists(named))
    throw new UsageError(`error: stat ${named}: no such file or directory\n`)
  const path = named === '' ? own : named
  return fs.exists(path) ? kubeconfigServer(fs, path) : serverOf(DEFAULT_SERVER)
}

/** The words before the command are options of every command. */
const commandIn = (words: readonly string[]): { readonly command: KubectlCommand; readonly rest: string[] } => {
  const at = words.findIndex((word, i) => {
    const before = words[i - 1] ?? ''
    const isValue = GLOBAL_FLAGS.some(f => before === `--${f.name}` || (f.short !== '' && before === `-${f.short}`))
    return !word.startsWith('-') && !isValue
  })
  const known = KUBECTL_COMMANDS.map(c => c.name).join(', ')
  if (at < 0)
    throw new NetloomError('EGRAMMAR', `kubectl: a command is needed; supported: ${known}`, {
      word: 'kubectl',
      supported: known,
    })
  const command = KUBECTL_COMMANDS.find(c => c.name === words[at])
  if (command === undefined)
    throw new NetloomError('EGRAMMAR', `kubectl: \`${words[at]}\` is not supported by netloom; supported: ${known}`, {
      word: words[at]!,
      supported: known,
    })
  return { command, rest: [...words.slice(0, at), ...words.slice(at + 1)] }
}

/**
 * Starts kubectl in a namespace with the words behind its name. Throws EGRAMMAR for a command that netloom has not, EINVAL for a
 * server that speaks TLS or has a name.
 */
export const kubectl = (netns: Netns, words: readonly string[], { stdin, env }: KubectlInput): Process => {
  const { command, rest } = commandIn(words)
  const process = new Process(netns, 'kubectl')
  try {
    const { args, flags } = parseFlags(rest, [...GLOBAL_FLAGS, ...command.flags], `kubectl ${command.name}`)
    const server = serverFor(netns, flags, env)
    const session = [`Kubectl-Command: kubectl ${command.name}`, `Kubectl-Session: ${uuid4(netns.rng)}`]
    const client = new KubeClient(process, server, 'kubectl/v1.32.4 (linux/amd64) kubernetes/59526cd', session)
    const self: Kubectl = {
      process,
      client,
      host: server.url.replace(/^http:\/\//, ''),
      fs: fsOf(netns),
      stdin,
      out: text => {
        process.stdout += text
      },
      err: text => {
        process.stderr += text
      },
    }
    spawn(process, () => run(self, command, args, flags))
  } catch (e) {
    process.exit(1)
    if (!(e instanceof UsageError)) throw e
    process.stderr += e.message
  }
  return process
}

function* run(self: Kubectl, command: KubectlCommand, args: readonly string[], flags: Flags): Thread {
  let status = 1
  try {
    status = yield* command.run(self, args, flags)
  } catch (e) {
    self.err(`${errorText(e, self.host)}\n`)
  }
  self.process.exit(status)
}
