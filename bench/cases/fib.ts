/**
 * Longest prefix match: /24 routes as a cluster has them, one for each node, beside a default route.
 */
import { FibInfo, FibNh } from '../../dist/ip/fib-info.js'
import { Fib } from '../../dist/ip/fib.js'
import { FibAlias } from '../../dist/ip/fib-table.js'
import { RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTN_UNICAST, RTPROT_BOOT } from '../../dist/ip/rtnetlink.js'
import type { BenchCase } from '../case.js'

const OPS = 1000
/** 10.0.0.0 */
const BASE = 0x0a000000

const alias = (dst: number, dstLen: number, gateway: number): FibAlias => {
  const info = new FibInfo(
    {
      dst,
      dstLen,
      tos: 0,
      type: RTN_UNICAST,
      table: RT_TABLE_MAIN,
      scope: RT_SCOPE_UNIVERSE,
      protocol: RTPROT_BOOT,
      priority: 0,
      prefsrc: 0,
      metrics: {},
      nexthops: [],
    },
    [new FibNh(null, gateway, 0, 1)],
  )
  return new FibAlias(dst, dstLen, 0, RT_TABLE_MAIN, RTN_UNICAST, info)
}

const lookUp = (routes: number): BenchCase => ({
  name: `${routes.toLocaleString('en')} routes`,
  ops: OPS,
  make: () => {
    const fib = new Fib()
    const table = fib.make(RT_TABLE_MAIN)
    table.insert(alias(0, 0, 1), null)
    for (let i = 1; i < routes; i++) table.insert(alias((BASE + (i << 8)) | 0, 24, i), null)
    let n = 0
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        // A prime stride visits all routes in an order without locality; the last octet is a host's.
        n = (n + 7919) % routes
        if (fib.lookup(fib.flow.reset((BASE + (n << 8) + 5) | 0, 0, 0), 0) === 0) sum ^= fib.res.nh!.gateway
      }
      return sum
    }
  },
})

/** Routing table. */
export const cases: readonly BenchCase[] = [lookUp(10), lookUp(1000), lookUp(100_000)]
