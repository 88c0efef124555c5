/**
 * `npm run bench:flannel [-- NODES [BACKEND]]`: NODES hosts (200) with flanneld and the backend (vxlan) that join at once, until
 * each of them knows all others; prints the virtual time that takes, the wall and the CPU time, and the calls of etcd.
 */
import { createWorld, flannel } from 'netloom'
import { GrpcClient } from '../dist/grpc/grpc-client.js'

/** What the devices take before the daemons start. */
const CARRIER_NS = 1e9

const nodes = Number(process.argv[2] ?? 200)
const backend = process.argv[3] ?? 'vxlan'

let rpcs = 0
const { unary } = GrpcClient.prototype
GrpcClient.prototype.unary = function (...call) {
  rpcs++
  return unary.apply(this, call)
}

const cpuBefore = process.cpuUsage()
const before = performance.now()
const world = createWorld({ seed: 1 })
const cluster = flannel(world, { backend: backend as 'vxlan', nodes })
const wallS = (performance.now() - before) / 1e3
const { user, system } = process.cpuUsage(cpuBefore)
const joinedNs = Math.max(...cluster.nodes.map(node => node.flanneld!.kernel.peers.changedNs))

console.log(
  JSON.stringify({
    nodes,
    backend,
    converged: cluster.isConverged,
    virtual_seconds: Number(((joinedNs - CARRIER_NS) / 1e9).toFixed(3)),
    wall_seconds: Number(wallS.toFixed(2)),
    cpu_seconds: Number(((user + system) / 1e6).toFixed(2)),
    rpcs,
  }),
)
