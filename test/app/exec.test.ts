/** Which command a path names: what is registered with a path is found by it alone, everything else in the directories of PATH. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'
import { execIn } from '../cni/host.js'

const test = suite('app/exec')

const world = createWorld()
world.addNetns('h1')
world.addNetns('p1')

test('a command is found by its name and in the directories of PATH', () => {
  for (const path of ['iptables', '/usr/sbin/iptables', '/sbin/iptables'])
    assert.is(execIn(world, 'h1', [path, '--version']).stdout, 'iptables v1.8.9 (legacy)\n')
})

test('/opt/cni/bin/bridge is the plugin, bridge is the tool', () => {
  assert.match(execIn(world, 'h1', ['/opt/cni/bin/bridge']).stderr, 'CNI bridge plugin')
  assert.match(execIn(world, 'h1', ['bridge', 'help']).stderr, 'Usage: bridge')
  assert.is(execIn(world, 'h1', ['/usr/sbin/bridge', 'fdb', 'show']).status, 0)
})

test('what stands nowhere is refused by its path', () => {
  for (const path of ['nosuch', '/opt/cni/bin/iptables', '/usr/sbin/host-local', '/opt/cni/bin/portmap'])
    assert.throws(
      () => execIn(world, 'h1', [path]),
      new RegExp(`exec: "${path}": executable file not found in \\$PATH`),
    )
})

test.run()
