/**
 * Replays what the real plugins of containernetworking did (v0.9.1, and cnitool of CNI 0.8.1) on a Linux kernel: every call of a
 * plugin and every command of test/data/cni/*.json must give the same text and the same exit status, and the files of the host must
 * be the same. MACs and names of veths are drawn at random: they are numbered by their first appearance, on both sides.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeUtf8 } from '../../lib/wire/utf8.js'
import { fsOf } from '../../lib/fs/file-system.js'
import { type Capture, createWorld, type World } from '../../lib/index.js'
import { execIn } from './host.js'
import { Mask } from './mask.js'

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
  /** A capture of ARP and ICMP on a device begins; it ends where `frames` tells what it has seen. */
  readonly capture?: string
  readonly frames?: string
  /** Seconds in which the devices settle. */
  readonly sleep?: number
  readonly files?: string
  readonly content?: string | readonly string[] | Readonly<Record<string, string>>
  readonly exit?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** Configurations that name what was drawn get what was drawn here. */
const translated = (text: string, theirs: Mask, ours: Mask): string =>
  text.replace(/\bveth[0-9a-f]{8}\b|\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, word => ours.valueOf(theirs.of(word)) ?? word)

/** An ARP frame in pieces, so that its MACs stand alone. */
const colons = (frame: Uint8Array): string => {
  const octets = [...frame].map(octet => octet.toString(16).padStart(2, '0'))
  const ends = [6, 12, 14, 18, 22, 28, 32, 38, frame.length]
  return ends.map((end, i) => octets.slice(ends[i - 1] ?? 0, end).join(':')).join(' ')
}

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
  const given = { env, ...(step.argv === undefined && { stdin: encodeUtf8(translated(stdin, theirs, ours)) }) }
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

/** One replay: a world, and what was drawn in both. */
class Replay {
  readonly world: World = createWorld()
  readonly theirs: Mask = new Mask()
  readonly ours: Mask = new Mask()
  readonly #captures = new Map<string, Capture>()

  step(step: Step): void {
    const { world } = this
    if (step.netns !== undefined) world.addNetns(step.netns)
    else if (step.file !== undefined) this.#write(step.ns, step.file, step.content as string)
    else if (step.rm !== undefined) fsOf(world.netns(step.ns).kernel).remove(step.rm)
    else if (step.files !== undefined) this.#files(step, step.files)
    else if (step.capture !== undefined) this.#capture(step.ns, step.capture)
    else if (step.frames !== undefined) this.#frames(step, step.frames)
    else if (step.exit !== undefined) runStep(world, step, this.theirs, this.ours)
    world.run({ for: step.sleep === undefined ? BETWEEN_NS : step.sleep * 1e9 })
  }

  #write(ns: string, path: string, content: string): void {
    const fs = fsOf(this.world.netns(ns).kernel)
    fs.mkdir(path.replace(/\/[^/]+$/, ''), { recursive: true })
    fs.writeFile(path, encodeUtf8(content))
  }

  #files({ ns, content }: Step, path: string): void {
    const masked = (mask: Mask, files: object): unknown => JSON.parse(mask.of(JSON.stringify(files)))
    const found = filesBelow(this.world, ns, path)
    assert.equal(masked(this.ours, found), masked(this.theirs, content as object), `files in ${path}`)
  }

  #capture(netns: string, dev: string): void {
    this.#captures.set(`${netns} ${dev}`, this.world.capture({ netns, dev, filter: 'arp or icmp' }))
  }

  #frames({ ns, content }: Step, dev: string): void {
    const frames = this.#captures.get(`${ns} ${dev}`)!.frames.map(({ data }) => this.ours.of(colons(data)))
    const expected = (content as readonly string[]).map(hex => this.theirs.of(colons(Buffer.from(hex, 'hex'))))
    assert.equal(frames, expected, `${ns} ${dev}`)
  }
}

const replay = (name: string): number => {
  const { steps } = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as { readonly steps: readonly Step[] }
  const run = new Replay()
  for (const step of steps) run.step(step)
  assert.ok(run.world.isBalanced())
  return steps.filter(({ exit }) => exit !== undefined).length
}

for (const name of readdirSync(FOLDER).filter(file => file.endsWith('.json')))
  test(`${name}: text, status and files are those of the real plugins`, () => {
    assert.ok(replay(name) > 0)
  })

test.run()
