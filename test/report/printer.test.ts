import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PLAIN, Printer, type PrintOptions } from '../../lib/report/printer.js'

const test = suite('report/printer')

/** The part of `ip route` that iproute2 6.1.0 printed as below. */
const write = (options: Partial<PrintOptions>): string => {
  const p = new Printer({ ...PLAIN, ...options })
  p.openArray()
  p.openObject()
  p.field('dst', '10.2.0.0/16', '10.2.0.0/16 ')
  p.openArray('flags')
  p.closeArray()
  p.openArray('nexthops')
  for (const [gateway, weight] of [
    ['10.0.0.2', 1],
    ['10.0.0.3', 2],
  ] as const) {
    p.openObject()
    p.newline()
    p.field('gateway', gateway, `\tnexthop via ${gateway} `)
    p.field('weight', weight, `weight ${weight} `)
    p.openArray('flags')
    if (weight === 2) {
      p.element('onlink', 'onlink ')
      p.element('dead', 'dead ')
    }
    p.closeArray()
    p.closeObject()
  }
  p.closeArray()
  p.text('\n')
  p.closeObject()
  p.closeArray()
  return p.finish()
}

test('prints text', () => {
  assert.is(write({}), '10.2.0.0/16 \n\tnexthop via 10.0.0.2 weight 1 \n\tnexthop via 10.0.0.3 weight 2 onlink dead \n')
})

test('prints the lines of an object as one with -o', () => {
  assert.is(
    write({ oneline: true }),
    '10.2.0.0/16 \\\tnexthop via 10.0.0.2 weight 1 \\\tnexthop via 10.0.0.3 weight 2 onlink dead \n',
  )
})

test('prints JSON as iproute2 does with -j', () => {
  assert.is(
    write({ json: true }),
    '[{"dst":"10.2.0.0/16","flags":[],"nexthops":[{"gateway":"10.0.0.2","weight":1,"flags":[]},' +
      '{"gateway":"10.0.0.3","weight":2,"flags":["onlink","dead"]}]}]\n',
  )
})

test('prints JSON as iproute2 does with -j -p', () => {
  assert.is(
    write({ json: true, pretty: true }),
    `[ {
        "dst": "10.2.0.0/16",
        "flags": [ ],
        "nexthops": [ {
                "gateway": "10.0.0.2",
                "weight": 1,
                "flags": [ ]
            },{
                "gateway": "10.0.0.3",
                "weight": 2,
                "flags": [ "onlink","dead" ]
            } ]
    } ]
`,
  )
})

test('an empty list and an empty object have no line ends', () => {
  const p = new Printer({ ...PLAIN, json: true, pretty: true })
  p.openArray()
  p.openObject()
  p.closeObject()
  p.closeArray()
  assert.is(p.finish(), '[ {} ]\n')
})

test('escapes what iproute2 escapes in a name', () => {
  const p = new Printer({ ...PLAIN, json: true })
  p.openObject()
  p.json('ifalias', 'it\'s a "q" \\ x\tt é')
  p.hundredths('gc_timer', 3, '')
  p.closeObject()
  assert.is(p.finish(), '{"ifalias":"it\'s a \\"q\\" \\\\ x\\tt é","gc_timer":3.00}\n')
})

test.run()
