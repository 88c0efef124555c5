/**
 * Measures one case with benchmark.js in a process of its own, so that no other case has shaped the compiled code, and
 * prints the figures as one JSON line. Arguments: group, number of the case, seconds.
 */
import Benchmark from 'benchmark'
import type { BenchCase, Figures } from './case.js'
import { GROUPS } from './cases/index.js'

const quantile = (sorted: readonly number[], q: number): number => {
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

const measure = (group: string, { name, ops, make }: BenchCase, seconds: number): Figures & { result: number } => {
  const body = make()
  let result = 0
  const bench = new Benchmark(
    name,
    () => {
      result ^= body()
    },
    { maxTime: seconds, minSamples: 20 },
  ).run()
  if (bench.error !== undefined) throw bench.error
  const ns = bench.stats.sample.map(s => (s * 1e9) / ops).sort((x, y) => x - y)
  return {
    group,
    name,
    samples: ns.length,
    medianNs: quantile(ns, 0.5),
    p25Ns: quantile(ns, 0.25),
    p75Ns: quantile(ns, 0.75),
    minNs: quantile(ns, 0),
    maxNs: quantile(ns, 1),
    result,
  }
}

const [group = '', number = '', seconds = ''] = process.argv.slice(2)
const { cases } = await GROUPS[group]!()
console.log(JSON.stringify(measure(group, cases[Number(number)]!, Number(seconds))))
