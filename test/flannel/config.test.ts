/**
 * The network configuration: facts of flannel's own tests, and what holds of every configuration that is taken.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { netContains, netText } from '../../lib/flannel/ip4-net.js'
import { parseConfig } from '../../lib/flannel/subnet/config.js'
import { SubnetError } from '../../lib/flannel/subnet/subnet.js'
import { type Rng, RngSource } from '../../lib/sim/rng.js'
import { formatIpv4, maskOf } from '../../lib/wire/ip.js'

const test = suite('flannel/config')

const range = (text: string): string => {
  const { network, subnetLen, subnetMin, subnetMax } = parseConfig(text)
  return `${netText(network)} ${subnetLen} ${formatIpv4(subnetMin)} ${formatIpv4(subnetMax)}`
}

test('defaults and overrides are those of flannel', () => {
  assert.is(range('{ "network": "10.3.0.0/16" }'), '10.3.0.0/16 24 10.3.1.0 10.3.255.0')
  const overrides = '{ "Network": "10.3.0.0/16", "SubnetMin": "10.3.5.0", "SubnetMax": "10.3.8.0", "SubnetLen": 28 }'
  assert.is(range(overrides), '10.3.0.0/16 28 10.3.5.0 10.3.8.0')
})

test('networks that end at the last address are counted without sign', () => {
  assert.is(range('{"Network":"255.255.0.0/16"}'), '255.255.0.0/16 24 255.255.1.0 255.255.255.0')
  assert.is(range('{"Network":"128.0.0.0/1"}'), '128.0.0.0/1 24 128.0.1.0 255.255.255.0')
})

/** A configuration drawn at random, right or wrong. */
const drawn = (rng: Rng): string => {
  const ip = (): string => Array.from({ length: 4 }, () => rng.below(256)).join('.')
  const config: Record<string, unknown> = { Network: `${ip()}/${1 + rng.below(32)}` }
  if (rng.below(2) === 0) config['SubnetLen'] = rng.below(33)
  if (rng.below(8) === 0) config['SubnetMin'] = ip()
  if (rng.below(8) === 0) config['SubnetMax'] = ip()
  return JSON.stringify(config)
}

test('whatever is taken has aligned ends within its network, and room for two subnets at least', () => {
  const rng = new RngSource(3).stream()
  let taken = 0
  for (let round = 0; round < 3000; round++) {
    const text = drawn(rng)
    let config: ReturnType<typeof parseConfig>
    try {
      config = parseConfig(text)
    } catch (e) {
      assert.instance(e, SubnetError, text)
      continue
    }
    taken++
    const { network, subnetLen, subnetMin, subnetMax } = config
    for (const end of [subnetMin, subnetMax]) {
      assert.ok(netContains(network, end), text)
      assert.is(end & ~maskOf(subnetLen), 0, text)
    }
    assert.ok(subnetLen >= network.len + 2 && subnetLen <= 30, text)
    if (!/Subnet(Min|Max)/.test(text)) assert.ok(subnetMax >>> 0 > subnetMin >>> 0, text)
  }
  assert.ok(taken > 300, `${taken}`)
})

test.run()
