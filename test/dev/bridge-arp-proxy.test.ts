import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addrAdd } from '../../lib/rtnl/addr.js'
import { linkSet } from '../../lib/rtnl/link.js'
import { neighAdd } from '../../lib/rtnl/neigh.js'
import { arpOp, arpSha, arpSpa, arpTha, arpTpa, putArp } from '../../lib/wire/arp.js'
import { ETH_HLEN, ETH_P_ARP, ethDst, ethSrc } from '../../lib/wire/ethernet.js'
import { formatIpv4, parseIpv4 } from '../../lib/wire/ip.js'
import { BROADCAST, Capture, checkBalance, frame, hostMac, Lab, send } from './lab.js'

const test = suite('dev/bridge-arp-proxy')

const ip = (i: number): number => parseIpv4(`10.0.0.${i}`)

const request = (i: number, target: number, sender = ip(i), dst = BROADCAST): Uint8Array => {
  const body = new Uint8Array(28)
  putArp(body, 0, 1, hostMac(i), sender, 0, target)
  return frame(dst, hostMac(i), body, ETH_P_ARP)
}

/** Who hears of a request: `1?` for a request at h1, `1!` for an answer. */
class ArpLab extends Lab {
  readonly caps: Capture[]
  constructor() {
    super(3)
    this.caps = this.hosts.map(h => new Capture(h))
    neighAdd(this.sw, { dev: this.br, dst: ip(2), lladdr: hostMac(2) }, 'add')
    neighAdd(this.sw, { dev: this.br, dst: ip(9), lladdr: 0x020000009909 }, 'add')
    this.say(2, BROADCAST, 'h2 is known')
    this.clear()
  }

  clear(): void {
    for (const c of this.caps) c.seen.length = 0
  }

  ask(octets: Uint8Array, i: number): string[] {
    this.clear()
    send(this.hosts[i - 1]!, octets)
    return this.caps.flatMap((c, n) =>
      c.seen.filter(f => f.in).map(f => `${n + 1}${arpOp(f.bytes, ETH_HLEN) === 1 ? '?' : '!'}`),
    )
  }
}

test('answers for a known neighbour on a port with proxy_arp, and floods nothing to that port (bridge-proxy-arp)', () => {
  const lab = new ArpLab()
  linkSet(lab.ports[0]!, { slaveAttrs: { proxyArp: true } })
  assert.equal(lab.ask(request(3, ip(2)), 3), ['2?'], 'the port with proxy_arp is left out')
  assert.equal(lab.ask(request(1, ip(2)), 1), ['1!', '2?', '3?'])
  const { bytes } = lab.caps[0]!.seen.find(f => f.in)!
  assert.equal([ethDst(bytes, 0), ethSrc(bytes, 0)], [hostMac(1), hostMac(2)])
  assert.equal(
    [arpSha(bytes, ETH_HLEN), formatIpv4(arpSpa(bytes, ETH_HLEN)), arpTha(bytes, ETH_HLEN), arpTpa(bytes, ETH_HLEN)],
    [hostMac(2), '10.0.0.2', hostMac(1), ip(1)],
  )
  assert.equal(lab.ask(request(1, ip(3)), 1), ['2?', '3?'], 'unknown')
  assert.equal(lab.ask(request(1, ip(9)), 1), ['2?', '3?'], 'known, but its MAC is not in the table')
  checkBalance(lab.world)
})

test('keeps ARP from a port with neigh_suppress and answers for the hosts behind it', () => {
  const lab = new ArpLab()
  linkSet(lab.ports[1]!, { slaveAttrs: { neighSuppress: true } })
  assert.equal(lab.ask(request(1, ip(2)), 1), ['1!', '3?'])
  assert.equal(lab.ask(request(1, ip(3)), 1), ['2?', '3?'], 'not known: asked everywhere')
  assert.equal(lab.ask(request(1, ip(1)), 1), ['3?'], 'gratuitous')
  assert.equal(lab.ask(request(1, ip(2), 0), 1), ['3?'], 'a probe')
  assert.equal(lab.ask(request(1, ip(2), ip(1), hostMac(2)), 1), ['2?'], 'asked by unicast')
  assert.equal(lab.ask(request(2, ip(3)), 2), ['1?', '3?'], 'from the port itself')
  addrAdd(lab.br, { local: ip(7), prefixLen: 24 }, 'add')
  const heard = lab.ask(request(1, ip(7)), 1)
  assert.equal(
    heard.filter(x => x.endsWith('?')),
    ['3?'],
    'for the host itself',
  )
  checkBalance(lab.world)
})

test.run()
