/**
 * What tshark reads in the tunnel packets that netloom writes: outer and inner headers, against what the devices were
 * told.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, s } from '../../lib/index.js'
import { tsharkMissing } from './tshark.js'

const test = suite('conformance/tshark-vxlan')

const FIELDS = [
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ip.dsfield',
  'ip.flags.df',
  'udp.dstport',
  'vxlan.flags',
  'vxlan.vni',
  'eth.src',
  'eth.dst',
] as const
const STATUS = ['ip.checksum.status', 'udp.checksum.status', 'icmp.checksum.status'] as const
const GOOD = '1'
const NOT_PRESENT = '3'

/** Fields of every frame of a capture, outermost first. */
const read = (pcap: Uint8Array): Record<string, string[]>[] => {
  const temp = mkdtempSync(join(tmpdir(), 'netloom-vxlan-'))
  try {
    const file = join(temp, 'frames.pcap')
    writeFileSync(file, pcap)
    const args = [
      '-n',
      '-r',
      file,
      '-T',
      'fields',
      '-E',
      'occurrence=a',
      '-d',
      'udp.port==8472,vxlan',
      '-d',
      'udp.port==4789,vxlan',
      '-d',
      'udp.port==1-4788,data',
    ]
    for (const check of ['ip', 'udp']) args.push('-o', `${check}.check_checksum:TRUE`)
    for (const field of [...FIELDS, ...STATUS]) args.push('-e', field)
    const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`tshark ended with status ${status}: ${stderr}`)
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => Object.fromEntries(line.split('\t').map((cell, n) => [[...FIELDS, ...STATUS][n]!, cell.split(',')])))
  } finally {
    rmSync(temp, { recursive: true })
  }
}

interface Expected {
  readonly options: object
  readonly ttl: string
  readonly tos: string
  readonly df: string
  readonly port: string
  readonly csum: string
  /** Options of the ping inside. */
  readonly ping: object
  readonly inner: { readonly ttl: string; readonly tos: string }
}

const CASES: readonly Expected[] = [
  {
    options: { dstport: 4789 },
    ttl: '64',
    tos: '0x00',
    df: '0',
    port: '4789',
    csum: GOOD,
    ping: {},
    inner: { ttl: '64', tos: '0x00' },
  },
  {
    options: { dstport: 8472, udpcsum: false, ttl: 9, tos: 0x20, df: 'set' },
    ttl: '9',
    tos: '0x20',
    df: '1',
    port: '8472',
    csum: NOT_PRESENT,
    ping: {},
    inner: { ttl: '64', tos: '0x00' },
  },
  {
    options: { dstport: 4789, ttl: 'inherit', tos: 'inherit', df: 'inherit' },
    ttl: '33',
    tos: '0x2a',
    df: '1',
    port: '4789',
    csum: GOOD,
    ping: { ttl: 33, tos: 0x2a },
    inner: { ttl: '33', tos: '0x2a' },
  },
  {
    options: { dstport: 4789, tos: 0x10 },
    ttl: '64',
    tos: '0x12',
    df: '0',
    port: '4789',
    csum: GOOD,
    ping: { tos: 0x03 },
    inner: { ttl: '64', tos: '0x03' },
  },
]

const missing = tsharkMissing()
if (missing !== null) console.log(`SKIP conformance/tshark-vxlan: ${missing}`)
else
  for (const { options, ttl, tos, df, port, csum, ping, inner } of CASES)
    test(`reads the headers of ${JSON.stringify(options)}`, () => {
      const world = createWorld({ seed: 5 })
      const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
      h1.link.add({
        kind: 'veth',
        name: 'eth0',
        address: '02:00:00:00:a1:01',
        peer: { name: 'eth0', netns: h2, address: '02:00:00:00:a2:01' },
      })
      for (const [n, host] of [h1, h2].entries()) {
        host.ethtool.set('eth0', { tx: false })
        host.addr.add(`192.168.50.${n + 1}/24`, { dev: 'eth0' })
        host.link.set('eth0', { up: true })
        const address = `02:00:00:00:b${n + 1}:01`
        host.link.add({
          kind: 'vxlan',
          name: 'vx0',
          address,
          id: 0xabcdef,
          remote: `192.168.50.${2 - n}`,
          ...options,
          up: true,
        } as never)
        host.ethtool.set('vx0', { tx: false })
        host.addr.add(`10.0.0.${n + 1}/24`, { dev: 'vx0' })
        host.neigh.add(`10.0.0.${2 - n}`, { dev: 'vx0', lladdr: `02:00:00:00:b${2 - n}:01` })
        host.neigh.add(`192.168.50.${2 - n}`, { dev: 'eth0', lladdr: `02:00:00:00:a${2 - n}:01` })
      }
      world.run({ for: s(2) })
      const seen = world.capture({ dev: h1.dev('eth0') })
      h1.ping('10.0.0.2', { count: 1, ...ping })
      world.run({ for: ms(100) })
      const [request] = read(seen.pcap())
      assert.equal(request, {
        'ip.src': ['192.168.50.1', '10.0.0.1'],
        'ip.dst': ['192.168.50.2', '10.0.0.2'],
        'ip.ttl': [ttl, inner.ttl],
        'ip.dsfield': [tos, inner.tos],
        'ip.flags.df': [df, '1'],
        'udp.dstport': [port],
        'vxlan.flags': ['0x0800'],
        'vxlan.vni': [String(0xabcdef)],
        'eth.src': ['02:00:00:00:a1:01', '02:00:00:00:b1:01'],
        'eth.dst': ['02:00:00:00:a2:01', '02:00:00:00:b2:01'],
        'ip.checksum.status': [GOOD, GOOD],
        'udp.checksum.status': [csum],
        'icmp.checksum.status': [GOOD],
      })
    })

test.run()
