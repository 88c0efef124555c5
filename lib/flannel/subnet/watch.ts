/**
 * Following the leases of the other hosts: snapshots and events become what has changed.
 *
 * @see flannel subnet/watch.go
 */
import { type Context, firstOf, slept, type Thread, wait } from '../../app/thread.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import type { BackendEnv } from '../backend/backend.js'
import { netText } from '../ip4-net.js'
import { type Lease, type LeaseEvent, LeaseWatcher, SubnetError } from './subnet.js'

const RETRY_NS = NSEC_PER_SEC

/** Calls `handle` with each batch of changes that are not the own lease's, until the context is cancelled. */
export function* watchLeases(
  ctx: Context,
  { sm, log, peers, process }: BackendEnv,
  own: Lease,
  handle: (batch: readonly LeaseEvent[]) => void,
): Thread {
  const watcher = new LeaseWatcher(own.subnet, subnet =>
    log.error('watch.go:224', `Removed subnet (${netText(subnet)}) and ipv6 subnet (::/0) were not found`),
  )
  const watch = sm.watchLeases(ctx)
  while (!ctx.isCancelled) {
    try {
      const { events, snapshot } = yield* watch.next()
      const batch = snapshot === null ? watcher.update(events) : watcher.reset(snapshot)
      if (batch.length === 0) continue
      handle(batch)
      peers.update(batch, process.netns.world.now)
    } catch (e) {
      if (ctx.isCancelled) break
      if (!(e instanceof SubnetError)) throw e
      log.error('watch.go:48', `Watch subnets: ${e.message}`)
      yield* wait(firstOf({ late: slept(RETRY_NS), done: ctx.done }))
    }
  }
  watch.close()
}
