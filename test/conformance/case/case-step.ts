/**
 * A step of a recorded cluster: clean caches and counters, captures, commands, the transcript and the tables.
 */
import type { RecordedCase, StepCommand, StepEntry } from './case-file.js'
import type { CaseShell, RunningCommand } from './case-shell.js'
import { pythonRepr } from './python-repr.js'

/** Octets of an empty capture file: its header. */
const PCAP_HLEN = 24
const SNAPLEN = '262144'
/**
 * Seconds that the captures of a step took the recorder to start, and to end: measured by the time stamps of its recordings,
 * in which a step takes 0.15 to 0.23 s longer than its commands do. Without them the probes of silent connections with the store,
 * which come every 15 s, would soon fall into other steps than they did.
 */
const CAPTURES_START_SECONDS = 0.1
const CAPTURES_END_SECONDS = 0.08

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const stdinOf = ({ stdin }: StepCommand): Uint8Array | null => {
  if (stdin === null) return null
  return typeof stdin === 'string' ? encode(stdin) : new Uint8Array(stdin.zeros)
}

/** What is done before a step, by the words of the recording. */
const BEFORE: Readonly<Record<string, (shell: CaseShell, hosts: readonly string[]) => void>> = {
  'neigh flush': shell => {
    for (const netns of shell.world.listNetns()) shell.expect(null, ['ip', '-n', netns.name, 'neigh', 'flush', 'all'])
  },
  'conntrack flush': (shell, hosts) => {
    for (const host of hosts) shell.expect(host, ['conntrack', '-F'])
  },
  'counters zeroed': (shell, hosts) => {
    for (const host of hosts) {
      shell.expect(host, ['iptables', '-Z'])
      shell.expect(host, ['iptables', '-t', 'nat', '-Z'])
    }
  },
}

/** Name of a file without the directories that lead to it. */
const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

const startCaptures = (shell: CaseShell, step: StepEntry): RunningCommand[] =>
  step.captures.map(({ file, ns, dev, filter }) => {
    const words = filter === '' ? [] : [filter]
    const argv = ['tcpdump', '-i', dev, '--immediate-mode', '-U', '-n', '-s', SNAPLEN, '-w', baseName(file), ...words]
    const capture = shell.background(ns, argv)
    if (capture.status !== null) shell.failures.push(`[${ns}] ${argv.join(' ')}: ${capture.output.trim()}`)
    return capture
  })

/** Runs the commands of a step; returns its transcript. */
const runCommands = (shell: CaseShell, step: StepEntry): string => {
  let transcript = ''
  const background: RunningCommand[] = []
  for (const command of step.run) {
    transcript += `${command.transcript}\n`
    if (command.background) {
      background.push(shell.background(command.ns!, command.argv, stdinOf(command)))
      shell.sleep(command.sleepAfter)
    } else transcript += shell.run(command.ns, command.argv, stdinOf(command)).output
  }
  shell.sleep(step.settle)
  for (const running of background) {
    shell.end(running)
    if (running.output !== '') transcript += `background listener received: ${pythonRepr(running.output)}\n`
  }
  return transcript
}

/** Runs a step; returns the files that it leaves, by their paths in the case. */
export const runStep = (shell: CaseShell, recorded: RecordedCase, step: StepEntry): Map<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>()
  const dir = `steps/${step.name}`
  for (const word of step.before) {
    const prepare = BEFORE[word]
    if (prepare === undefined) shell.failures.push(`${step.name}: before: ${word}: not known`)
    else prepare(shell, [...recorded.hosts.keys()])
  }
  const captures = startCaptures(shell, step)
  shell.sleep(CAPTURES_START_SECONDS)
  files.set(`${dir}/commands.txt`, encode(runCommands(shell, step)))
  for (const capture of captures) shell.end(capture)
  shell.sleep(CAPTURES_END_SECONDS)
  for (const { file } of step.captures) {
    const octets = shell.captured.get(baseName(file))?.()
    // the recording holds no file for a capture without a frame
    if (octets !== undefined && octets.length > PCAP_HLEN) files.set(file, octets)
  }
  shell.captured.clear()
  for (const host of step.iptablesSave) {
    files.set(`${dir}/${host}.iptables`, encode(shell.expect(host, ['iptables-save', '-c'])))
  }
  return files
}
