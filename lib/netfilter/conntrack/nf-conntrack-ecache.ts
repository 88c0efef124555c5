/**
 * Events of connections: collected while a packet passes, told to those who listen when it is confirmed.
 *
 * @see net/netfilter/nf_conntrack_ecache.c, include/net/netfilter/nf_conntrack_ecache.h
 */
import { NF_CT_ECACHE, type NfConn } from './nf-conn.js'
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
  }
}
