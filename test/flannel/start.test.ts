/**
 * flanneld's start in many ways, each as the real one of v0.20.2 was recorded: which interface it takes, its environment,
 * its subnet file, its health, signals in each stage, and odd options of the backends.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseFlags } from '../../lib/flannel/flags.js'
import { startFlanneld } from '../../lib/flannel/flanneld.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { type EdgeLab, startLab } from './edge-lab.js'
import { maskedLines, recordedTranscript } from './edge-transcript.js'

const test = suite('flannel/start')

const SUBNET_FILE = '/run/flannel/subnet.env'
const DEVICES = ['flannel.1', 'flannel.7', 'flannel.-1', 'flannel0']

/** One case of the recording. */
interface StartCase {
  readonly flags: readonly string[]
  readonly config: string | null
  readonly env: Readonly<Record<string, string>>
  readonly before: readonly string[]
  readonly during: readonly string[]
  readonly secs: number
  readonly file: string | null
  /** Seconds after which SIGTERM comes. */
  readonly term: number | null
}

interface Recorded {
  readonly title: string
  readonly start: StartCase
  /** What it wrote, and its exit status. */
  readonly text: string
}

const CASES: readonly Recorded[] = recordedTranscript('start-v0.20.2')
  .split(/^== /m)
  .slice(1)
  .map(section => {
    const [title = '', start = '', ...rest] = section.split('\n')
    return { title, start: JSON.parse(start.slice('case: '.length)) as StartCase, text: rest.join('\n') }
  })

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Runs a case, and returns what it left as the recorder wrote it down. */
const run = (lab: EdgeLab, title: string, start: StartCase): string => {
  const netns = lab.shell.world.netns('h1')
  const fs = fsOf(netns)
  if (title.includes('etcd is down')) lab.store.kill()
  else lab.deleteAll('/coreos.com/network')
  if (title === 'healthz') {
    // What the recorder put right here.
    lab.x('h1', 'ip route del default')
    lab.x('h1', 'ip route add default via 192.168.99.1')
  }
  if (title.includes('port in use')) lab.shell.background('h1', ['nc', '-l', '-k', '-p', '8081'])
  if (start.config !== null && !title.includes('etcd is down')) lab.config(start.config)
  if (fs.exists(SUBNET_FILE)) fs.remove(SUBNET_FILE)
  if (start.file !== null) fs.writeFile(SUBNET_FILE, encode(start.file))
  for (const command of start.before) lab.x('h1', command)
  const place = start.flags.some(flag => flag.includes('subnet-file')) ? [] : [`-subnet-file=${SUBNET_FILE}`]
  const options = parseFlags(['-etcd-endpoints=http://192.168.99.2:2379', ...place, ...start.flags], start.env)
  const { process } = startFlanneld(netns, options)
  if (start.term !== null) {
    lab.sleep(start.term)
    process.kill()
  }
  lab.sleep(start.secs)
  let observed = ''
  for (const command of start.during) {
    observed += `$ ${command}\n${lab.x('h1', command)}`
    lab.sleep(0.2)
  }
  const status = process.exitStatus ?? 'running'
  process.killHard()
  for (const command of ['iptables -t nat -F', 'iptables -t nat -X', 'iptables -F', 'iptables -X']) lab.x('h1', command)
  for (const dev of DEVICES) lab.x('h1', `ip link del ${dev}`)
  return `${process.stderr}${observed}exit status: ${status}\n`
}

/**
 * Left out: a line of etcd's client with an address of memory in it, the second panic of two goroutines, and the date of an
 * answer.
 */
const comparable = (text: string): string[] =>
  maskedLines(
    text
      .replaceAll('\r', '')
      .replace(/^\{"level":"warn".*\n/gm, '')
      .replace(/^(panic: .*\n)(?:(?!exit status)[^I$].*\n|\n)*/gm, '$1')
      .replace(/^(flanneld is running)(?=\$|exit)/gm, '$1\n')
      .replace(/^(HTTP|Date:|Content-).*\r?$/gm, line => (line.startsWith('Date') ? 'Date: <t>' : line.trim()))
      // Headers have no order that counts.
      .replace(/(?:^(?:Date|Content-)\S* .*\n)+/gm, headers => headers.split('\n').sort().join('\n')),
  )

test('each start goes as recorded', () => {
  const lab = startLab()
  const wrong: string[] = []
  for (const { title, start, text } of CASES) {
    const want = comparable(text).join('\n')
    const got = comparable(run(lab, title, start)).join('\n')
    if (got !== want) wrong.push(`== ${title}\n--- recorded\n${want}\n--- here\n${got}`)
  }
  assert.is(CASES.length, 92)
  assert.ok(wrong.length === 0, wrong.join('\n'))
})

test.run()
