/**
 * Carrier changes, handled a little later than they happen: at once when urgent, otherwise at most once a second.
 *
 * @see net/core/link_watch.c
 */
import { NSEC_PER_SEC } from '../sim/time.js'
import { devActivate, devDeactivate } from './dev.js'
import { IFF_UP, type NetDevice } from './netdev.js'
import { NETDEV_CHANGE } from './notifier.js'
import { defaultOperstate, devIflink } from './operstate.js'
import { NOOP_QDISC } from './qdisc.js'
import type { World } from './world.js'

/** True when the device's own qdisc is not the one in force (qdisc_tx_changing). */
const qdiscTxChanging = (dev: NetDevice): boolean => dev.qdisc === NOOP_QDISC && dev.qdiscSleeping !== NOOP_QDISC

const isUrgent = (dev: NetDevice): boolean =>
  dev.running && (devIflink(dev) !== dev.ifindex || (dev.carrier && qdiscTxChanging(dev)))

/** Queue of devices whose carrier changed. */
export class LinkWatch {
  readonly #world: World
  #events: NetDevice[] = []
  #nextEvent = 0
  #scheduledFor = -1

  constructor(world: World) {
    this.#world = world
  }

  /** Notes a change of carrier (linkwatch_fire_event). */
  fire(dev: NetDevice): void {
    const urgent = isUrgent(dev)
    if (!dev.linkwatchPending) {
      dev.linkwatchPending = true
      this.#events.push(dev)
    } else if (!urgent) return
    this.#schedule(urgent)
  }

  #schedule(urgent: boolean): void {
    const { sim } = this.#world
    const due = urgent ? sim.now : Math.max(sim.now, this.#nextEvent)
    if (this.#scheduledFor >= 0 && this.#scheduledFor <= due) return
    this.#scheduledFor = due
    if (due === sim.now) sim.task(runLinkWatch, this, 'linkwatch')
    else sim.schedule(due - sim.now, taskLinkWatch, this, 0, 'linkwatch')
  }

  /** @internal */
  runAsTask(): void {
    this.#world.sim.task(runLinkWatch, this, 'linkwatch')
  }

  /** Handles what is due (__linkwatch_run_queue). */
  run(): void {
    const { now } = this.#world
    this.#scheduledFor = -1
    const urgentOnly = now < this.#nextEvent
    if (!urgentOnly) this.#nextEvent = now + NSEC_PER_SEC
    const events = this.#events
    this.#events = []
    for (const dev of events) {
      if (!dev.registered) dev.linkwatchPending = false
      else if (urgentOnly && !isUrgent(dev)) this.#events.push(dev)
      else doDev(dev)
    }
    if (this.#events.length > 0) this.#schedule(false)
  }

  /** Handles a device at once, before it goes away or its state is asked for (linkwatch_sync_dev). */
  sync(dev: NetDevice): void {
    if (!dev.linkwatchPending) return
    this.#events = this.#events.filter(d => d !== dev)
    doDev(dev)
  }
}

const runLinkWatch = (watch: LinkWatch): void => watch.run()
const taskLinkWatch = (watch: LinkWatch): void => watch.runAsTask()

const doDev = (dev: NetDevice): void => {
  dev.linkwatchPending = false
  dev.operstate = defaultOperstate(dev)
  if ((dev.flags & IFF_UP) === 0) return
  if (dev.carrier) devActivate(dev)
  else devDeactivate(dev)
  dev.netns.world.notifiers.call(NETDEV_CHANGE, dev)
}
