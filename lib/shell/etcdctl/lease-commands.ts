/**
 * etcdctl lease grant, revoke, timetolive, list and keep-alive.
 *
 * @see etcd etcdctl/ctlv3/command/lease_command.go
 */
import { Future, wait } from '../../app/thread.js'
import type { Int64 } from '../../etcd/octets.js'
import { EtcdError } from '../../etcd/rpctypes.js'
import type { Thread } from '../../app/thread.js'
import { badArgs, type CtlCommand, CtlExit, EXIT_BAD_CONNECTION, EXIT_ERROR } from './ctl-command.js'
import { parseInt64 } from './strconv.js'
import { leaseText } from './printer-simple.js'

const leaseFromArgs = (arg: string): Int64 => {
  const id = parseInt64(arg, 16)
  return typeof id === 'string' ? badArgs(`bad lease ID arg (${id}), expecting ID in Hex`) : id
}

/** Does a call whose error is told in other words, or with another status. */
function* telling<T>(call: Thread<T>, status: number, text: (m: string) => string, isStream = false): Thread<T> {
  try {
    return yield* call
  } catch (e) {
    if (!(e instanceof EtcdError)) throw e
    throw new CtlExit(status, text(e.message), isStream ? null : e)
  }
}

const same = (message: string): string => message

export const leaseGrantCommand: CtlCommand = {
  name: 'lease grant',
  flags: [],
  prepare(flags) {
    if (flags.args.length !== 1) badArgs('lease grant command needs TTL argument')
    const ttl = parseInt64(flags.args[0]!, 10)
    if (typeof ttl === 'string') return badArgs(`bad TTL (${ttl})`)
    return function* ({ client, process, printer, timeoutNs }) {
      const call = client.grant(Number(ttl), { timeoutNs })
      process.stdout += printer.grant(yield* telling(call, EXIT_ERROR, text => `failed to grant lease (${text})`))
    }
  },
}

export const leaseRevokeCommand: CtlCommand = {
  name: 'lease revoke',
  flags: [],
  prepare(flags) {
    if (flags.args.length !== 1) badArgs('lease revoke command needs 1 argument')
    const id = leaseFromArgs(flags.args[0]!)
    return function* ({ client, process, printer, timeoutNs }) {
      const call = client.revoke(id, { timeoutNs })
      process.stdout += printer.revoke(id, yield* telling(call, EXIT_ERROR, text => `failed to revoke lease (${text})`))
    }
  },
}

export const leaseTimeToLiveCommand: CtlCommand = {
  name: 'lease timetolive',
  flags: [{ name: 'keys', type: 'bool', value: 'false' }],
  prepare(flags) {
    if (flags.args.length !== 1) badArgs('lease timetolive command needs lease ID as argument')
    const keys = flags.isSet('keys')
    return function* ({ client, process, printer }) {
      const call = client.timeToLive(leaseFromArgs(flags.args[0]!), { keys })
      process.stdout += printer.timeToLive(yield* telling(call, EXIT_BAD_CONNECTION, same), keys)
    }
  },
}

export const leaseListCommand: CtlCommand = {
  name: 'lease list',
  flags: [],
  prepare: () =>
    function* ({ client, process, printer }) {
      process.stdout += printer.leases(yield* telling(client.leases(), EXIT_BAD_CONNECTION, same))
    },
}

export const leaseKeepAliveCommand: CtlCommand = {
  name: 'lease keep-alive',
  flags: [{ name: 'once', type: 'bool', value: 'false' }],
  prepare(flags) {
    if (flags.args.length !== 1) badArgs('lease keep-alive command needs lease ID as argument')
    const id = leaseFromArgs(flags.args[0]!)
    return function* ({ client, process, printer }) {
      if (flags.isSet('once')) {
        process.stdout += printer.keepAlive(yield* telling(client.keepAliveOnce(id), EXIT_BAD_CONNECTION, same, true))
        return
      }
      const gone = new Future<null>()
      client.keepAlive(
        id,
        response => {
          process.stdout += printer.keepAlive(response)
        },
        () => gone.set(null),
      )
      yield* wait(gone.done)
      if (flags.text('write-out') === 'simple') process.stdout += `lease ${leaseText(id)} expired or revoked.\n`
    }
  },
}
