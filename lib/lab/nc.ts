/**
 * nc as users hold it.
 */
import { nc, type Nc as KernelNc, type NcOptions as KernelNcOptions, type NcOutput } from '../app/nc.js'
import { octetText } from '../app/octet-text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { concatOctets } from '../wire/repr.js'
import { Program } from './program.js'
import { checkOptions, octetsOf, type Payload } from '../app/text.js'

/** Options of `netns.nc`: those of Debian's netcat by name; UDP unless `tcp` is set. */
export interface NcOptions extends Omit<KernelNcOptions, 'source' | 'destination' | 'stdin' | 'isStdinNull'> {
  /** Local address (`-s`). */
  readonly source?: string
  /** Where a client sends to. */
  readonly destination?: string
  /** Standard input, a pipe whose writer has ended; /dev/null when absent. */
  readonly stdin?: Payload
}

class Recorder implements NcOutput {
  octets: Uint8Array = new Uint8Array(0)

  data({ process }: KernelNc, octets: Uint8Array): void {
    this.octets = concatOctets(this.octets, octets)
    process.stdout += octetText(octets)
  }
}

/** A running nc. Make one with `netns.nc`. */
export class Nc extends Program {
  readonly #recorder: Recorder

  /** @internal use `netns.nc` */
  constructor(kernel: KernelNc, recorder: Recorder) {
    super(kernel.process)
    this.#recorder = recorder
  }

  /** Octets that came from the network so far. */
  get received(): Uint8Array {
    return this.#recorder.octets
  }

  override toJSON(): { netns: string; received: string; exitStatus: number | null } {
    return { netns: this.netns, received: this.text, exitStatus: this.exitStatus }
  }
}

const OPTIONS = [
  'tcp',
  'listen',
  'keepOpen',
  'source',
  'port',
  'destination',
  'ports',
  'stdin',
  'ignoreStdin',
  'timeoutSec',
  'quitSec',
  'shutdownOnEof',
  'intervalSec',
  'crlf',
  'broadcast',
  'verbose',
  'zeroIo',
  'receiveLimit',
  'ttl',
  'minTtl',
  'tos',
  'rcvbuf',
  'sndbuf',
]

/** @internal starts nc in a namespace */
export const startNc = (netns: KernelNetns, options: NcOptions): Nc => {
  checkOptions('nc', options, OPTIONS)
  const recorder = new Recorder()
  const { stdin, ...rest } = options
  const input = stdin === undefined ? { isStdinNull: true } : { stdin: octetsOf(stdin) }
  return new Nc(nc(netns, { ...rest, ...input }, recorder), recorder)
}
