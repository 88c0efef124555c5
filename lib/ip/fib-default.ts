/**
 * The choice among several default routes of one metric: the first whose gateway does not look dead.
 *
 * @see net/ipv4/fib_semantics.c fib_select_default, fib_detect_death
 */
import type { Netns } from '../core/netns.js'
import { type FibAlias, type FibResult, fitsTos, type Flow4 } from './fib-table.js'
import { ipv4 } from './ipv4.js'
import { NUD_VALID } from './neigh.js'
import { NUD_INCOMPLETE, NUD_REACHABLE, RT_SCOPE_LINK, RTN_UNICAST, RTNH_F_DEAD } from './rtnetlink.js'

/** Default routes that compete with the one that was found: of its table, metric and scope, through a gateway. */
const candidates = (list: readonly FibAlias[], res: FibResult, fl: Flow4): FibAlias[] => {
  const found: FibAlias[] = []
  let lastPrio = res.info!.priority
  let lastTos = 0
  for (const a of list) {
    if (a.table !== res.table || !fitsTos(a, fl)) continue
    if (a.info.priority > lastPrio && a.tos === lastTos) {
      if (lastTos !== 0) continue
      break
    }
    if (a.info.flags & RTNH_F_DEAD) continue
    lastTos = a.tos
    lastPrio = a.info.priority
    const nh = a.info.nhs[0]!
    if (a.info.scope !== res.scope || a.type !== RTN_UNICAST || nh.gateway === 0 || nh.scope !== RT_SCOPE_LINK) continue
    if (found.length === 0 && a.info !== res.info) break
    found.push(a)
  }
  return found
}

/** Replaces the default route that a lookup found by another one of its kind, when its gateway seems to be dead. */
export const fibSelectDefault = (netns: Netns, fl: Flow4): void => {
  const { fib, neigh } = ipv4(netns)
  const { res } = fib
  const list = fib.get(res.table)?.find(0, 0) ?? []
  if (list.length < 2 || res.type !== RTN_UNICAST) return
  const all = candidates(list, res, fl)
  const first = all[0]
  if (first === undefined) return
  let last = -1
  let chosen =
    all.length < 2
      ? -1
      : all.findIndex(({ info: { nhs } }, i) => {
          const state = neigh.lookup(nhs[0]!.dev!, nhs[0]!.gateway)?.nudState ?? NUD_REACHABLE
          const isValid = (state & NUD_VALID) !== 0
          if (state === NUD_REACHABLE || (isValid && i !== first.chosen)) return true
          if (isValid || (last < 0 && i > first.chosen && state !== NUD_INCOMPLETE)) last = i
          return false
        })
  if (chosen < 0 && all.length > 1) chosen = last
  first.chosen = chosen
  const { info } = all[Math.max(chosen, 0)]!
  res.info = info
  res.nh = info.nhs[0]!
}
