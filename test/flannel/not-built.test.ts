/**
 * Options of flanneld that ask for what netloom has not: the daemon ends at once with status 1, names the option and the way out,
 * and has changed nothing.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type FlanneldOptions, ms } from '../../lib/index.js'

const test = suite('flannel/not-built')

const REFUSED: readonly (readonly [FlanneldOptions, RegExp])[] = [
  [{ subnetFile: 'run/env' }, /^subnet-file: run\/env must begin with \/: there is no working directory$/],
  [{ netConfigPath: 'n.json' }, /^net-config-path: n.json must begin with \/: there is no working directory$/],
  [{ kubeconfigFile: 'k' }, /^kubeconfig-file: k must begin with \/: there is no working directory$/],
  [{ publicIpv6: '::1' }, /^public-ipv6: netloom has IPv4 only; leave it out$/],
  [{ etcdCafile: '/ca.pem' }, /^etcd-keyfile, .*: netloom has no TLS and no users of etcd; leave them out$/],
]

for (const [options, text] of REFUSED)
  test(`refuses ${JSON.stringify(options)}`, () => {
    const world = createWorld({ seed: 1 })
    const h1 = world.addNetns('h1')
    const files = JSON.stringify(h1.files)
    const flanneld = h1.flanneld(options)
    world.run({ for: ms(100) })
    assert.is(flanneld.exitStatus, 1)
    const [, why = ''] = /Failed to create SubnetManager: (.*)\n$/.exec(flanneld.errorText) ?? []
    assert.match(why, text)
    assert.is(JSON.stringify(h1.files), files)
    assert.equal(
      h1.devices.map(dev => dev.name),
      ['lo'],
    )
  })

test.run()
