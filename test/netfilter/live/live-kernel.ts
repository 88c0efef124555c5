/**
 * The kernel that runs this, as a side of the comparison: a helper process in namespaces of its own, for all cases.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findProgram, missingForRecording } from '../../conformance/requirements.js'
import type { EndState, Loaded, Output, SeenFrame, Side } from './side.js'
import { ECHO_PORTS, KERNEL_SCRIPT, LISTEN_PORTS, PORTS, type Port, RESET_RULES, ROUTER_TAPS } from './topology.js'

const HELPER = fileURLToPath(new URL('./kernel.py', import.meta.url))
const ISOLATE = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec python3 "$0"'

/** The legacy back end's program where the machine has it: its text is the reference. */
const legacy = (suffix: string): string | null =>
  findProgram(`iptables-legacy${suffix}`) ?? findProgram(`iptables${suffix}`)

/** Why the comparison cannot run here, one reason an entry; empty when it can. */
export const missingForLive = (): string[] => {
  const missing = missingForRecording([
    'iptables',
    'iptables-restore',
    'iptables-save',
    'conntrack',
    'python3',
    'ethtool',
    'bridge',
  ])
  if (missing.length > 0) return missing
  const version = spawnSync(legacy('')!, ['--version'], { encoding: 'utf8' }).stdout ?? ''
  if (!version.includes('legacy')) return [`no iptables-legacy (${version.trim()})`]
  const trial = spawnSync('unshare', ['--net', legacy('')!, '-w', '-t', 'filter', '-S'], { encoding: 'utf8' })
  return trial.status === 0 ? [] : [`iptables does not work: ${(trial.stderr ?? '').trim()}`]
}

/** The helper process. */
export class LiveKernel implements Side {
  /** Milliseconds to wait after each frame, for packets that are handled later than at once. */
  waitMs = 0
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: Interface
  readonly #waiting: ((line: string | null) => void)[] = []

  private constructor() {
    const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', ISOLATE, HELPER]
    this.#child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#lines.on('line', line => this.#waiting.shift()?.(line))
    this.#child.on('close', () => {
      for (const resolve of this.#waiting.splice(0)) resolve(null)
    })
  }

  /** Starts the helper and builds its network. */
  static async start(): Promise<LiveKernel> {
    const kernel = new LiveKernel()
    await kernel.#ask('setup', {
      script: KERNEL_SCRIPT,
      reset: RESET_RULES,
      router: 'r',
      taps: { t: PORTS, r: ROUTER_TAPS },
      echo: ECHO_PORTS,
      listen: LISTEN_PORTS,
      tools: { restore: legacy('-restore'), save: legacy('-save'), conntrack: findProgram('conntrack') },
    })
    return kernel
  }

  async #ask(op: string, request: object): Promise<Record<string, unknown>> {
    const answer = new Promise<string | null>(resolve => this.#waiting.push(resolve))
    this.#child.stdin.write(`${JSON.stringify({ op, ...request })}\n`)
    const line = await answer
    if (line === null) throw new Error(`${op}: the helper has ended`)
    const reply = JSON.parse(line) as Record<string, unknown>
    if (reply['error'] !== undefined) throw new Error(`${op}: ${String(reply['error'])}`)
    return reply
  }

  async load(rules: string): Promise<Loaded> {
    return (await this.#ask('load', { rules })) as unknown as Loaded
  }

  async send(port: Port, hex: string): Promise<readonly SeenFrame[]> {
    return (await this.#ask('send', { dev: port, frame: hex, wait: this.waitMs }))['frames'] as SeenFrame[]
  }

  async output(output: Output): Promise<{ frames: SeenFrame[]; result: string }> {
    return (await this.#ask('output', { ...output, wait: this.waitMs })) as unknown as {
      frames: SeenFrame[]
      result: string
    }
  }

  async end(): Promise<EndState> {
    const state = (await this.#ask('end', {})) as unknown as EndState
    await this.#ask('reset', {})
    return state
  }

  /** Ends the helper; its namespaces go with it. */
  close(): void {
    this.#child.stdin.end()
  }
}
