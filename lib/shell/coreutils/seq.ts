/**
 * `seq`: integers in order. Options: `-w`, `-s`.
 *
 * @see seq(1)
 */
import type { Command } from '../../app/command.js'
import { unsupported } from '../command/args.js'
import { coreutil, lastValue } from './coreutil.js'

/** Most numbers that are written. */
const MOST_NUMBERS = 1_000_000

const TRY_HELP = "Try 'seq --help' for more information.\n"

/** Words for `seq -3 3`, where a number looks like an option. */
const prepare = (args: readonly string[]): readonly string[] => {
  const at = args.findIndex(arg => /^-\d/.test(arg))
  return at < 0 || args.includes('--') ? args : [...args.slice(0, at), '--', ...args.slice(at)]
}

export const seqCommand: Command = coreutil({
  name: 'seq',
  options: 'ws:',
  refused: 'f',
  long: [
    { name: 'equal-width', takesValue: false, option: 'w' },
    { name: 'separator', takesValue: true, option: 's' },
  ],
  isFilter: true,
  prepare,
  run: ({ ctx, options, given, operands, complain }) => {
    const wrong = operands.find(word => !/^[-+]?\d+$/.test(word))
    if (operands.length === 0) complain('missing operand')
    else if (wrong !== undefined && /^[-+]?(\d+\.?\d*|\.\d+)$/.test(wrong)) throw unsupported('seq', wrong, 'integers')
    else if (wrong !== undefined || operands.length > 3) {
      complain(wrong === undefined ? `extra operand '${operands[3]}'` : `invalid floating point argument: '${wrong}'`)
      ctx.err(TRY_HELP)
    } else {
      const numbers = operands.map(Number)
      const [first, step, last] =
        numbers.length === 3
          ? (numbers as [number, number, number])
          : ([numbers.length === 2 ? numbers[0]! : 1, 1, numbers.at(-1)!] as const)
      if (step === 0) {
        complain(`invalid Zero increment value: '${operands[1]}'`)
        ctx.err(TRY_HELP)
        return undefined
      }
      const count = Math.max(Math.floor((last - first) / step) + 1, 0)
      if (count > MOST_NUMBERS) throw unsupported('seq', operands.at(-1)!, `at most ${MOST_NUMBERS} numbers`)
      const all = Array.from({ length: count }, (_, n) => first + n * step)
      const width = options.has('w') ? Math.max(...[first, last].map(n => String(n).length)) : 0
      const padded = all.map(n => (n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0')))
      if (count > 0) ctx.out(`${padded.join(lastValue(given, 's') ?? '\n')}\n`)
    }
    return undefined
  },
})
