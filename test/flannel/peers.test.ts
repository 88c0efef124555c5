/**
 * What flanneld does about leases that somebody writes into the store, right and wrong ones, and about entries that somebody
 * changes on its host: as the real one of v0.20.2 was recorded.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseFlags } from '../../lib/flannel/flags.js'
import { startFlanneld } from '../../lib/flannel/flanneld.js'
import { fsOf } from '../../lib/fs/file-system.js'
import type { EdgeLab } from './edge-lab.js'
import { startLab } from './edge-lab.js'
import { firstDifference, maskedLines, recordedTranscript } from './edge-transcript.js'

const test = suite('flannel/peers')

const SUBNET_FILE = '/run/flannel/subnet.env'
const SUBNETS = '/coreos.com/network/subnets/'

type Step = readonly ['put', string, string] | readonly ['del' | 'sh' | 'show', string] | readonly ['sleep', number]

interface Cluster {
  readonly config: string
  readonly flags: readonly string[]
  readonly steps: readonly Step[]
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const act = (lab: EdgeLab, step: Step): void => {
  if (step[0] === 'put') lab.put(SUBNETS + step[1], step[2])
  else if (step[0] === 'del') lab.store.delete(SUBNETS + step[1])
  else if (step[0] === 'sh') lab.x('h1', step[1])
  else if (step[0] === 'sleep') lab.sleep(step[1])
}

const run = ({ config, flags, steps }: Cluster): string => {
  const lab = startLab()
  lab.config(config)
  const netns = lab.shell.world.netns('h1')
  fsOf(netns).writeFile(SUBNET_FILE, encode('FLANNEL_SUBNET=10.244.1.1/24\n'))
  const words = ['-etcd-endpoints=http://192.168.99.2:2379', `-subnet-file=${SUBNET_FILE}`, ...flags]
  const { process } = startFlanneld(netns, parseFlags(words))
  lab.sleep(1.2)
  let text = ''
  let seen = process.stderr.length
  for (const step of steps) {
    if (step[0] === 'show') {
      text += `$ ${step[1]}\n${lab.x('h1', step[1])}`
      continue
    }
    act(lab, step)
    lab.sleep(0.35)
    text += `> ${step.join(' ')}\n${process.stderr.slice(seen)}`
    seen = process.stderr.length
  }
  return `${text}exit status: ${process.exitStatus ?? 'running'}\n`
}

/** Left out: the stack of a panic, and what the handler of signals may say before it or not. */
const comparable = (text: string): string[] =>
  maskedLines(
    text
      .replace(/^(panic: .*\n)(?:(?!exit status)[^I$>].*\n|\n)*/gm, '$1')
      .replace(/^.*Stopping shutdownHandler\.\.\.\n/gm, ''),
  )

const CLUSTERS = recordedTranscript('peers-v0.20.2')
  .split(/^== /m)
  .slice(1)
  .map(section => {
    const [title = '', cluster = '', ...rest] = section.split('\n')
    return { title, cluster: JSON.parse(cluster.slice('case: '.length)) as Cluster, text: rest.join('\n') }
  })

test('ten clusters were recorded', () => {
  assert.is(CLUSTERS.length, 10)
})

for (const { title, cluster, text } of CLUSTERS)
  test(`${title}: as recorded`, () => {
    const difference = firstDifference(comparable(run(cluster)), comparable(text))
    assert.ok(difference === null, difference ?? '')
  })

test.run()
