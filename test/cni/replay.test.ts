/**
 * Replays what the real plugins of containernetworking did (v0.9.1, and cnitool of CNI 0.8.1) on a Linux kernel: every call of a
 * plugin and every command of test/data/cni/*.json must give the same text and the same exit status, and the files of the host must
 * be the same. MACs and names of veths are drawn at random: they are numbered by their first appearance, on both sides.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8Encode } from '../../lib/app/utf8.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { createWorld, type World } from '../../lib/index.js'
import { execIn } from './host.js'

const test = suite('cni/replay')

/** What passed between two commands of the recording, about. */
const BETWEEN_NS = 10e6

const FOLDER = new URL('../data/cni/', import.meta.url)

interface Step {
  readonly ns: string
  readonly netns?: string
  readonly argv?: readonly string[]
  readonly plugin?: string
  readonly tool?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly file?: string
  readonly rm?: string
  /** Seconds in which the devices settle. */
  readonly sleep?: number
  readonly files?: string
  readonly content?: string | Readonly<Record<string, string>>
  readonly exit?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** Replaces what is drawn at random by numbers in the order of appearance. */
class Mask {
  readonly #numbers = new Map<string, string>()

  of(text: string): string {
    return (
      text
        // The identity of a bridge is printed without leading zeros.
        .replace(/\b8000\.[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}\b/g, id => id.replace(/(?<=[.:])[0-9a-f](?=:|$)/g, '0$&'))
        .replace(/\bveth[0-9a-f]{8}\b/g, name => this.#number('VETH', name))
        .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, mac => this.#mac(mac))
        .replace(/(gc_timer|forward_delay_timer) +[0-9.]+/g, '$1 *')
        // Reports of IGMP count, and come when they like.
        .replace(/^(:[A-Z]+ ACCEPT) \[\d+:\d+\]$/gm, '$1')
        .replace(/^# (Generated|Completed).*\n/gm, '')
        .replace(/^panic: (.*)\n[\s\S]*/, 'panic: $1\n')
    )
  }

  #mac(mac: string): string {
    const first = Number.parseInt(mac.slice(0, 2), 16)
    return (first & 1) !== 0 || mac === '00:00:00:00:00:00' ? mac : this.#number('MAC', mac)
  }

  #number(what: string, value: string): string {
    const known = this.#numbers.get(value)
    if (known !== undefined) return known
    const name = `<${what}${[...this.#numbers.values()].filter(n => n.startsWith(`<${what}`)).length + 1}>`
    this.#numbers.set(value, name)
    return name
  }

  /** Values that stand for the same number on the other side. */
  valueOf(name: string): string | undefined {
    return [...this.#numbers].find(([, number]) => number === name)?.[0]
  }
}

/** Configurations that name what was drawn get what was drawn here. */
const translated = (text: string, theirs: Mask, ours: Mask): string =>
  text.replace(/\bveth[0-9a-f]{8}\b|\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, word => ours.valueOf(theirs.of(word)) ?? word)

const filesBelow = (world: World, netns: string, path: string): Record<string, string> => {
  const fs = fsOf(world.netns(netns).kernel)
  const kind = fs.stat(path)?.kind
  if (kind === undefined) return {}
  if (kind === 'file') return { [path]: Buffer.from(fs.readFile(path)).toString() }
  const below = fs.readdir(path).map(name => filesBelow(world, netns, `${path}/${name}`))
  return Object.assign({}, ...below) as Record<string, string>
}

const runStep = (world: World, step: Step, theirs: Mask, ours: Mask): void => {
  const { env = {}, stdin = '' } = step
  const argv = step.argv ?? (step.plugin === undefined ? ['cnitool', ...step.tool!] : [`/opt/cni/bin/${step.plugin}`])
  const given = { env, ...(step.argv === undefined && { stdin: utf8Encode(translated(stdin, theirs, ours)) }) }
  const result = execIn(world, step.ns, argv, given)
  const what = `${argv.join(' ')} ${env['CNI_COMMAND'] ?? ''} ${stdin}`
  const said = (mask: Mask, exit: number, stdout: string, stderr: string): string[] =>
    `${mask.of(stdout)}\n${mask.of(stderr)}\nexit ${exit}`.split('\n')
  const [got, want] = [
    said(ours, result.status, result.stdout, result.stderr),
    said(theirs, step.exit!, step.stdout!, step.stderr ?? ''),
  ]
  const at = want.findIndex((line, i) => line !== got[i])
  assert.equal(at < 0 ? '' : got.slice(at).join('\n'), at < 0 ? '' : want.slice(at).join('\n'), what)
}

const replay = (name: string): number => {
  const { steps } = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as { readonly steps: readonly Step[] }
  const world = createWorld()
  const [theirs, ours] = [new Mask(), new Mask()]
  for (const step of steps) {
    if (step.netns !== undefined) world.addNetns(step.netns)
    else if (step.file !== undefined) {
      const fs = fsOf(world.netns(step.ns).kernel)
      fs.mkdir(step.file.replace(/\/[^/]+$/, ''), { recursive: true })
      fs.writeFile(step.file, utf8Encode(step.content as string))
    } else if (step.rm !== undefined) fsOf(world.netns(step.ns).kernel).remove(step.rm)
    else if (step.files !== undefined) {
      const mask = (mask_: Mask, content: object): unknown => JSON.parse(mask_.of(JSON.stringify(content)))
      const found = filesBelow(world, step.ns, step.files)
      assert.equal(mask(ours, found), mask(theirs, step.content as object), `files in ${step.files}`)
    } else if (step.exit !== undefined) runStep(world, step, theirs, ours)
    world.run({ for: step.sleep === undefined ? BETWEEN_NS : step.sleep * 1e9 })
  }
  assert.ok(world.isBalanced())
  return steps.filter(({ exit }) => exit !== undefined).length
}

for (const name of readdirSync(FOLDER).filter(file => file.endsWith('.json')))
  test(`${name}: text, status and files are those of the real plugins`, () => {
    assert.ok(replay(name) > 0)
  })

test.run()
