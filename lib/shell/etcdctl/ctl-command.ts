/**
 * What a command of etcdctl is, and how it ends.
 *
 * @see etcd etcdctl/ctlv3/command/error.go
 */
import type { Process } from '../../app/process.js'
import type { Thread } from '../../app/thread.js'
import type { EtcdClient } from '../../etcd/clientv3.js'
import type { EtcdError } from '../../etcd/rpctypes.js'
import type { Flag, Flags } from './flags.js'
import type { Printer } from './printer.js'

export const EXIT_ERROR = 1
export const EXIT_BAD_CONNECTION = 2
export const EXIT_INVALID_INPUT = 3
export const EXIT_BAD_FEATURE = 4
export const EXIT_INTERRUPTED = 5
export const EXIT_BAD_ARGS = 128

/** Ends etcdctl with `Error: MESSAGE`. */
export class CtlExit extends Error {
  override readonly name = 'CtlExit'
  readonly status: number
  /** The call that failed, when the client's log has a line about it. */
  readonly call: EtcdError | null

  constructor(status: number, message: string, call: EtcdError | null = null) {
    super(message)
    this.status = status
    this.call = call
  }
}

/** Refuses arguments. */
export const badArgs = (message: string): never => {
  throw new CtlExit(EXIT_BAD_ARGS, message)
}

/** What a running command works with. */
export interface CtlContext {
  readonly process: Process
  readonly client: EtcdClient
  readonly flags: Flags
  readonly printer: Printer
  /** Nanoseconds that a short command may take. */
  readonly timeoutNs: number
}

/** A command of etcdctl. */
export interface CtlCommand {
  /** Its words: `get`, `lease grant`. */
  readonly name: string
  /** Other words for it. */
  readonly aliases?: readonly string[]
  readonly flags: readonly Flag[]
  /** Reads the arguments and gives what is to be done with a client. Throws {@link CtlExit}. */
  prepare(flags: Flags, stdin: Uint8Array | null): (ctx: CtlContext) => Thread
}
