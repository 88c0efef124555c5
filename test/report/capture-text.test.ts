/**
 * Lines of a capture, after tcpdump 4.99.3 reading the same frames.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CaptureText, type CaptureTextOptions } from '../../lib/report/capture-text.js'

/** UDP 10.7.0.1.4000 > 10.7.0.2.5000 with the payload `hello`, as captured on a veth. */
const UDP = Uint8Array.from(
  Buffer.from('020000000201020000000101080045000021866840004011a0530a0700010a0700020fa01388000d84c968656c6c6f', 'hex'),
)
const LINE = 'IP 10.7.0.1.4000 > 10.7.0.2.5000: UDP, length 5'

const PLAIN: CaptureTextOptions = {
  stamps: 'none',
  isNano: false,
  withNumbers: false,
  verbose: 0,
  linkLevel: false,
  absoluteSequence: false,
  dump: 'none',
  dumpLinkLevel: false,
}

const text = (options: Partial<CaptureTextOptions>, ...times: number[]): string => {
  const printer = new CaptureText({ ...PLAIN, ...options })
  return (times.length === 0 ? [0] : times).map(t => printer.frame(t, UDP, UDP.length)).join('')
}

const test = suite('report/capture-text')

test('-x, -xx, -X and -XX print rows of 16 octets', () => {
  assert.is(
    text({ dump: 'hex' }),
    `${LINE}
\t0x0000:  4500 0021 8668 4000 4011 a053 0a07 0001
\t0x0010:  0a07 0002 0fa0 1388 000d 84c9 6865 6c6c
\t0x0020:  6f
`,
  )
  assert.is(
    text({ dump: 'both' }),
    `${LINE}
\t0x0000:  4500 0021 8668 4000 4011 a053 0a07 0001  E..!.h@.@..S....
\t0x0010:  0a07 0002 0fa0 1388 000d 84c9 6865 6c6c  ............hell
\t0x0020:  6f                                       o
`,
  )
  assert.is(
    text({ dump: 'both', dumpLinkLevel: true }),
    `${LINE}
\t0x0000:  0200 0000 0201 0200 0000 0101 0800 4500  ..............E.
\t0x0010:  0021 8668 4000 4011 a053 0a07 0001 0a07  .!.h@.@..S......
\t0x0020:  0002 0fa0 1388 000d 84c9 6865 6c6c 6f    ..........hello
`,
  )
})

test('-A prints characters; line ends, tabs and blanks stay', () => {
  assert.is(text({ dump: 'text' }), `${LINE}\nE..!.h@.@..S\n...\n...........hello\n`)
})

test('time stamps of -t, -tt, -ttt, -tttt, -ttttt and without any', () => {
  const times = [86_399_999_999_999, 86_401_000_001_000, 86_401_500_000_999]
  const stamps = (options: Partial<CaptureTextOptions>): string[] =>
    text(options, ...times)
      .trimEnd()
      .split('\n')
      .map(l => l.replace(` ${LINE}`, '').replace(LINE, ''))
  assert.equal(stamps({ stamps: 'clock' }), ['23:59:59.999999', '00:00:01.000001', '00:00:01.500000'])
  assert.equal(stamps({ stamps: 'epoch' }), ['86399.999999', '86401.000001', '86401.500000'])
  assert.equal(stamps({ stamps: 'delta' }), [' 00:00:00.000000', ' 00:00:01.000002', ' 00:00:00.499999'])
  assert.equal(stamps({ stamps: 'since-first' }), [' 00:00:00.000000', ' 00:00:01.000002', ' 00:00:01.500001'])
  assert.equal(stamps({ stamps: 'date' })[1], '1970-01-02 00:00:01.000001')
  assert.equal(stamps({ stamps: 'clock', isNano: true })[0], '23:59:59.999999999')
})

test('-# numbers the lines in five columns', () => {
  assert.match(text({ withNumbers: true }, 0, 1), /^ {4}1 {2}IP .*\n {4}2 {2}IP /)
})

test.run()
