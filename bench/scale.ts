/**
 * `npm run bench:scale [-- COUNT]`: builds COUNT namespaces (1,000), each with an address on a veth pair whose other end is
 * a port of a bridge, and prints the time and the memory that each takes. A bridge has 1,000 ports, as Linux allows 1,023.
 */
import { spawnSync } from 'node:child_process'
import { createWorld, type World } from 'netloom'

const PORTS = 1000

const build = (count: number): World => {
  const world = createWorld({ seed: 1 })
  const sw = world.addNetns('sw')
  for (let n = 0; n < count; n++) {
    const name = `c${n}`
    const bridge = `br${Math.floor(n / PORTS)}`
    if (n % PORTS === 0) sw.link.add({ kind: 'bridge', name: bridge, up: true })
    const container = world.addNetns(name)
    container.link.add({ kind: 'veth', name: 'eth0', peer: { name, netns: sw } })
    sw.link.set(name, { master: bridge, up: true })
    container.link.set('lo', { up: true })
    container.addr.add(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/8`, { dev: 'eth0' })
    container.link.set('eth0', { up: true })
  }
  return world
}

const used = (): number => {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

if (globalThis.gc === undefined) {
  const argv = ['--expose-gc', import.meta.filename, ...process.argv.slice(2)]
  process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1
} else {
  const count = Number(process.argv[2] ?? 1000)
  const before = used()
  const start = performance.now()
  const world = build(count)
  const seconds = (performance.now() - start) / 1e3
  const octets = (used() - before) / count
  // Two pieces of the same size, so that a cost that grows with the number shows.
  const again = performance.now()
  const half = build(Math.ceil(count / 2))
  const halfSeconds = (performance.now() - again) / 1e3
  const total = world.listNetns().length + half.listNetns().length
  console.log(
    JSON.stringify({
      namespaces: count,
      seconds: Number(seconds.toFixed(3)),
      half_seconds: Number(halfSeconds.toFixed(3)),
      octets_per_namespace: Math.round(octets),
      namespaces_alive: total,
    }),
  )
}
