/**
 * The part of the recorder that runs inside the fresh namespaces: `recorder-inside.ts SCRIPT OUT LIMIT [verbose]`.
 *
 * Gives the script its own /proc, /run/netns, resolver and list of name services, so that nothing looks up names; runs
 * it, and writes `meta.json`.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { machine, release, tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { parseScenario, type Scenario } from './grammar.js'
import { KernelRun } from './kernel-run.js'
import { readPcap } from './pcap-reader.js'
import { findProgram } from './requirements.js'

const NAME_SERVICES = ['passwd', 'group', 'hosts', 'networks', 'protocols', 'services']

const mount = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr.trim()}`)
}

/** Mounts what keeps the script apart from the machine; all of it ends with the mount namespace. */
const isolate = (temp: string): void => {
  mount('-t', 'proc', 'proc', '/proc')
  mkdirSync('/run/netns', { recursive: true })
  mount('-t', 'tmpfs', 'none', '/run/netns')
  writeFileSync(join(temp, 'resolv.conf'), '')
  writeFileSync(join(temp, 'nsswitch.conf'), NAME_SERVICES.map(name => `${name}: files\n`).join(''))
  for (const name of ['resolv.conf', 'nsswitch.conf']) {
    const target = join('/etc', name)
    if (existsSync(target)) mount('--bind', join(temp, name), realpathSync(target))
  }
}

/** Puts the legacy back end of iptables first on the PATH, where the machine has it: its text is the reference. */
const preferLegacyIptables = (temp: string): void => {
  const dir = join(temp, 'bin')
  mkdirSync(dir)
  for (const program of ['iptables', 'iptables-save', 'iptables-restore']) {
    const legacy = findProgram(program.replace('iptables', 'iptables-legacy'))
    if (legacy !== null) symlinkSync(legacy, join(dir, program))
  }
  process.env['PATH'] = `${dir}${delimiter}${process.env['PATH'] ?? ''}`
}

/** First line that a program prints about its version, or the part of it that `pattern` finds; null without it. */
const version = (command: readonly [string, ...string[]], pattern = /.*/): string | null => {
  const { error, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8', timeout: 5000 })
  if (error !== undefined) return null
  const line = `${stdout}${stderr}`.trim().split('\n')[0] ?? ''
  return pattern.exec(line)?.[0] ?? line
}

const describe = (scenario: Scenario, run: KernelRun, out: string, started: Date): object => {
  const captures = scenario.commands.flatMap(command => command.capture ?? [])
  const states = scenario.commands.flatMap(command => command.output ?? [])
  for (const state of states) if (!existsSync(join(out, state))) throw new Error(`${state} was not written`)
  const frameCount = (file: string): number => readPcap(readFileSync(join(out, file)), file).frames.length
  return {
    scenario: basename(out),
    title: scenario.title,
    shows: scenario.shows,
    tags: scenario.tags,
    date: started.toISOString().replace(/\.\d+/, ''),
    kernel: release(),
    machine: machine(),
    iptables: version(['iptables', '--version']),
    iproute2: version(['ip', '-V'], /iproute2-[^\s,]+/),
    tcpdump: version(['tcpdump', '--version']),
    ping: version(['ping', '-V']),
    nc: version(['nc', '-h']),
    seconds: Math.round((Date.now() - started.getTime()) / 100) / 10,
    frames: Object.fromEntries(captures.map(file => [file, frameCount(file)])),
    states: [...new Set(states)].sort(),
    exits: run.exits,
  }
}

const main = async (script: string, out: string, limitSeconds: number, isVerbose: boolean): Promise<void> => {
  const scenario = parseScenario(readFileSync(script, 'utf8'))
  const temp = mkdtempSync(join(tmpdir(), 'netloom-record-'))
  try {
    isolate(temp)
    preferLegacyIptables(temp)
    const started = new Date()
    const run = new KernelRun(out, limitSeconds, isVerbose)
    await run.runAll(scenario.commands)
    const meta = describe(scenario, run, out, started)
    writeFileSync(join(out, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`)
  } finally {
    rmSync(temp, { recursive: true, force: true })
  }
}

const [script, out, limit, verbose] = process.argv.slice(2)
try {
  if (script === undefined || out === undefined) throw new Error('usage: recorder-inside SCRIPT OUT LIMIT [verbose]')
  await main(script, out, Number(limit), verbose !== undefined)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
