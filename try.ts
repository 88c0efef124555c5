import { createWorld } from './lib/index.js'
import { flannel } from './lib/lab/flannel/cluster.js'
for (const backend of ['aws-vpc','gce','vxlan']) for (const segments of [1,2]) {
const world = createWorld({ seed: 1 })
const c = flannel(world, { backend, nodes: 3, pods: 3, underlay: { segments, ...(backend==='vxlan' && { cloud: 'aws' as const}) } })
let ok=0,n=0
for (const a of c.pods) for (const b of c.pods) if (a!==b) { n++; const p = a.netns.ping(b.address, {count:1}); world.run({until:()=>!p.isRunning}); ok+=p.received }
console.log(backend, segments, ok, n, `${c}`, `${c.cloud}`)
console.log(world.isBalanced(), world.netns('router').drops().map(String))
}
