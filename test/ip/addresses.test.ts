/** Addresses of devices: order, primary and secondary ones, lifetimes, and the routes that go with them. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { ipv4 } from '../../lib/ip/ipv4.js'
import { IFA_F_DEPRECATED, IFA_F_SECONDARY, RTN_LOCAL, RTN_UNICAST } from '../../lib/ip/rtnetlink.js'
import { addrAdd, addrDel, addrList, type AddrSpec } from '../../lib/rtnl/addr.js'
import { routeList } from '../../lib/rtnl/route.js'
import { formatIpv4, maskOf } from '../../lib/wire/ip.js'
import { HostLab } from './lab.js'
import { int32 } from './octets.js'

const test = suite('ip/addresses')

const spec = (text: string, rest: Partial<AddrSpec> = {}): AddrSpec => {
  const [local, len = '32'] = text.split('/')
  return { local: int32(local!), prefixLen: Number(len), ...rest }
}

/** Addresses of eth0 in order, `+` for secondary ones. */
const list = (lab: HostLab): string[] =>
  addrList(lab.t, lab.eth0).map(a => `${formatIpv4(a.local)}/${a.prefixLen}${a.flags & IFA_F_SECONDARY ? '+' : ''}`)

const refused = (call: () => void): unknown => {
  try {
    call()
    return 'taken'
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.context['extack'] ?? e.code
  }
}

test('the first address of a subnet is primary, later ones are secondary and stand at the end', () => {
  const lab = new HostLab('')
  for (const a of ['10.0.0.1/24', '10.0.1.1/24', '10.0.0.2/24', '10.0.2.1/24', '10.0.0.3/25', '10.0.1.2/24'])
    addrAdd(lab.eth0, spec(a))
  assert.equal(list(lab), ['10.0.0.1/24', '10.0.1.1/24', '10.0.2.1/24', '10.0.0.3/25', '10.0.0.2/24+', '10.0.1.2/24+'])
})

test('wider scopes stand behind narrower ones, and a subnet has one scope', () => {
  const lab = new HostLab('')
  addrAdd(lab.eth0, spec('10.0.0.1/24'))
  addrAdd(lab.eth0, spec('10.0.1.1/24', { scope: 253 }))
  addrAdd(lab.eth0, spec('10.0.2.1/24', { scope: 254 }))
  addrAdd(lab.eth0, spec('10.0.3.1/24', { scope: 253 }))
  assert.equal(list(lab), ['10.0.2.1/24', '10.0.1.1/24', '10.0.3.1/24', '10.0.0.1/24'])
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.0.0.2/24', { scope: 253 }))),
    'ipv4: Invalid scope value',
  )
})

test('an address is added once for each prefix or peer', () => {
  const lab = new HostLab('')
  addrAdd(lab.eth0, spec('10.0.0.1/24'))
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.0.0.1/24'))),
    'ipv4: Address already assigned',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.0.0.1/25'))),
    'taken',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.1.0.1', { peer: int32('10.1.0.2') }))),
    'taken',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.1.0.1', { peer: int32('10.1.0.3') }))),
    'taken',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.1.0.1', { peer: int32('10.1.0.3') }))),
    'ipv4: Address already assigned',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('0.0.0.0/8'))),
    'taken',
  )
  assert.equal(list(lab), ['10.0.0.1/24', '10.0.0.1/25', '10.1.0.1/32', '10.1.0.1/32'])
})

test('change adds what is not there, and sets the metric of what is', () => {
  const lab = new HostLab('')
  addrAdd(lab.eth0, spec('10.0.0.1/24', { metric: 5 }), 'change')
  const metric = (): number | undefined => routeList(lab.t).find(r => r.type === RTN_UNICAST)?.priority
  assert.is(metric(), 5)
  addrAdd(lab.eth0, spec('10.0.0.1/24', { metric: 7 }), 'replace')
  assert.is(metric(), 7)
  addrAdd(lab.eth0, spec('10.0.0.1/24'), 'change')
  assert.is(metric(), 0)
})

test('with a primary address go its secondary ones; promote_secondaries makes the first of them primary', () => {
  for (const promote of [0, 1]) {
    const lab = new HostLab(`ip netns exec t sysctl -qw net.ipv4.conf.eth0.promote_secondaries=${promote}`)
    for (const a of ['10.0.0.1/24', '10.0.1.1/24', '10.0.0.2/24', '10.0.0.3/24', '10.0.1.2/24'])
      addrAdd(lab.eth0, spec(a))
    addrDel(lab.eth0, spec('10.0.0.1/24'))
    assert.equal(
      list(lab),
      promote === 0 ? ['10.0.1.1/24', '10.0.1.2/24+'] : ['10.0.1.1/24', '10.0.0.2/24', '10.0.0.3/24+', '10.0.1.2/24+'],
    )
    const sources = routeList(lab.t)
      .filter(r => r.type === RTN_UNICAST)
      .map(r => formatIpv4(r.prefsrc))
    assert.equal(sources, promote === 0 ? ['10.0.1.1'] : ['10.0.0.2', '10.0.1.1'])
  }
})

test('an address is deprecated and goes when its times are up', () => {
  const lab = new HostLab('')
  addrAdd(lab.eth0, spec('10.0.0.1/24', { preferredLft: 10, validLft: 20 }))
  const flags = (): number | undefined => addrList(lab.t, lab.eth0)[0]?.flags
  lab.run(9)
  assert.is(flags()! & IFA_F_DEPRECATED, 0)
  lab.run(2)
  assert.is(flags()! & IFA_F_DEPRECATED, IFA_F_DEPRECATED)
  lab.run(10)
  assert.is(flags(), undefined)
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.0.0.1/24', { validLft: 5, preferredLft: 6 }))),
    'ipv4: address lifetime invalid',
  )
  assert.is(
    refused(() => addrAdd(lab.eth0, spec('10.0.0.1/24', { validLft: 0 }))),
    'ipv4: address lifetime invalid',
  )
})

test('a deletion names address, prefix and peer as far as it likes', () => {
  const lab = new HostLab('')
  for (const a of ['10.0.0.1/24', '10.0.0.1/16']) addrAdd(lab.eth0, spec(a))
  addrDel(lab.eth0, { local: int32('10.0.0.1'), prefixLen: 16 })
  assert.equal(list(lab), ['10.0.0.1/24'])
  assert.is(
    refused(() => addrDel(lab.eth0, spec('10.0.0.1/25'))),
    'ipv4: Address not found',
  )
  addrDel(lab.eth0, { local: int32('10.0.0.1') })
  assert.equal(list(lab), [])
})

test('with the last address go all neighbours of the device, permanent ones too', () => {
  const lab = new HostLab()
  lab.know('10.0.0.1')
  lab.sh('ip -n t addr add 10.0.1.1/24 dev eth0')
  addrDel(lab.eth0, spec('10.0.0.2/24'))
  assert.is.not(lab.text('ip -n t neigh'), '')
  addrDel(lab.eth0, spec('10.0.1.1/24'))
  assert.is(lab.text('ip -n t neigh'), '')
})

const anAddress = fc.record({
  net: fc.integer({ min: 0, max: 2 }),
  host: fc.integer({ min: 1, max: 4 }),
  len: fc.constantFrom(24, 25, 32),
  add: fc.boolean(),
  promote: fc.boolean(),
})

test('however addresses come and go: each is local, each subnet of a primary one has a route, and nothing else is left', () => {
  fc.assert(
    fc.property(fc.array(anAddress, { maxLength: 40, size: 'max' }), changes => {
      const lab = new HostLab('')
      for (const { net, host, len, add, promote } of changes) {
        lab.t.sysctl.set('net.ipv4.conf.eth0.promote_secondaries', promote ? 1 : 0)
        const a = spec(`10.0.${net}.${host}/${len}`)
        refused(() => (add ? addrAdd(lab.eth0, a) : addrDel(lab.eth0, a)))
        const have = addrList(lab.t, lab.eth0)
        const routes = routeList(lab.t).filter(r => r.nexthops[0]?.dev === lab.eth0)
        const local = new Set(have.map(x => x.local))
        assert.equal(new Set(routes.filter(r => r.type === RTN_LOCAL).map(r => r.dst)), local)
        const subnets = have
          .filter(x => !(x.flags & IFA_F_SECONDARY) && x.prefixLen < 32)
          .map(x => `${x.local & maskOf(x.prefixLen)}/${x.prefixLen} ${x.local}`)
        assert.equal(
          routes
            .filter(r => r.type === RTN_UNICAST)
            .map(r => `${r.dst}/${r.dstLen} ${r.prefsrc}`)
            .sort(),
          subnets.sort(),
        )
        for (const x of have.filter(y => y.flags & IFA_F_SECONDARY))
          assert.ok(
            have.some(
              y =>
                !(y.flags & IFA_F_SECONDARY) &&
                y.prefixLen === x.prefixLen &&
                ((y.local ^ x.local) & maskOf(x.prefixLen)) === 0,
            ),
          )
        assert.equal(new Set(ipv4(lab.t).addrs.keys()), new Set([...local, int32('127.0.0.1')]))
      }
    }),
    { seed: 6180, numRuns: 60 },
  )
})

test.run()
