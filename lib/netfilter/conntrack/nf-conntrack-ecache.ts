/**
 * Events of connections: collected while a packet passes, told to those who listen when it is confirmed.
 *
 * @see net/netfilter/nf_conntrack_ecache.c, include/net/netfilter/nf_conntrack_ecache.h
 */
import { HZ, NSEC_PER_JIFFY } from '../../sim/timer.js'
import { NF_CT_ECACHE, type NfConn, nfCtExpires } from './nf-conn.js'
import { IPCT_DESTROY, IPS_CONFIRMED, IPS_DYING } from './nf-conntrack-common.js'
import type { NfConntrackNet, NfCtListener } from './nf-conntrack-net.js'

/** Lets a new connection report events, if that is wanted; `ctmask` is what its template says (nf_ct_ecache_ext_add). */
export const nfCtEcacheExtAdd = (ct: NfConn, ctmask: number): void => {
  const { sysctls, listeners } = ct.cnet
  if (sysctls.events === 1 || (sysctls.events === 2 ? listeners.length > 0 : ctmask !== 0)) ct.ecache = NF_CT_ECACHE
}

/** Notes that something has happened to a connection; `event` is IPCT_* (nf_conntrack_event_cache). */
export const nfConntrackEventCache = (event: number, ct: NfConn): void => {
  if (ct.ecache & NF_CT_ECACHE) ct.ecache |= 1 << event
}

const tell = (ct: NfConn, events: number): void => {
  const wanted = ct.ext === null || ct.ext.ctmask === 0 ? events : events & ct.ext.ctmask
  if (wanted === 0) return
  for (const listener of ct.cnet.listeners) listener(ct, wanted)
  gcArm(ct)
}

/**
 * Expiry is told of as it happens where it is no further away than this, in ticks; else when the entry is met. Without a
 * bound a connection that is established would keep a world busy for five days.
 */
const GC_HORIZON: number = 600 * HZ

/**
 * While somebody listens, wakes up when this connection expires.
 *
 * DIFFERS: the kernel's worker comes by every second to every minute and tells of what has expired since; netloom tells
 * at once.
 */
const gcArm = (ct: NfConn): void => {
  const { cnet } = ct
  const left = nfCtExpires(ct)
  if (ct.status & IPS_DYING || left > GC_HORIZON || cnet.listeners.length === 0) return
  const at = (Math.floor(cnet.sim.now / NSEC_PER_JIFFY) + left) * NSEC_PER_JIFFY
  if (cnet.gcEvent !== null) {
    if (cnet.gcEvent.time <= at) return
    cnet.sim.cancel(cnet.gcEvent)
  }
  cnet.gcEvent = cnet.sim.scheduleAt(Math.max(at, cnet.sim.now), gcWorker, cnet, 0, `conntrack of ${cnet.netns}`)
}

/** Removes what has expired, and waits for the next one (gc_worker). */
const gcWorker = (cnet: NfConntrackNet): void => {
  cnet.gcEvent = null
  for (const ct of cnet.table.list()) gcArm(ct)
}

/** Tells what was noted, once the connection is in the table (nf_ct_deliver_cached_events). */
export const nfCtDeliverCachedEvents = (ct: NfConn): void => {
  const events = ct.ecache & ~NF_CT_ECACHE
  if (events === 0) return
  ct.ecache = NF_CT_ECACHE
  if ((ct.status & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED) tell(ct, events)
}

/** Tells at once (nf_conntrack_event). */
export const nfConntrackEvent = (event: number, ct: NfConn): void => {
  if (ct.ecache & NF_CT_ECACHE) tell(ct, 1 << event)
}

/** Tells that a connection is gone. */
export const nfCtDestroyEvent = (ct: NfConn): void => nfConntrackEvent(IPCT_DESTROY, ct)

/** Calls `listener` for every event from now on; returns a function that ends this. */
export const nfConntrackListen = (cnet: NfConntrackNet, listener: NfCtListener): (() => void) => {
  cnet.listeners.push(listener)
  return () => {
    const at = cnet.listeners.indexOf(listener)
    if (at >= 0) cnet.listeners.splice(at, 1)
    if (cnet.listeners.length > 0 || cnet.gcEvent === null) return
    cnet.sim.cancel(cnet.gcEvent)
    cnet.gcEvent = null
  }
}
