/**
 * `cat`: the contents of files, or of standard input. Its one option, `-u`, changes nothing.
 *
 * @see cat(1)
 */
import type { Command } from '../../app/command.js'
import { coreutil, errorWords } from './coreutil.js'

export const catCommand: Command = coreutil({
  name: 'cat',
  options: 'u',
  isFilter: true,
  run: ({ ctx, files, operands, complain }) => {
    for (const file of operands.length === 0 ? ['-'] : operands) {
      try {
        ctx.out(files.read(file))
      } catch (e) {
        complain(`${file}: ${errorWords(e)}`)
      }
    }
    return undefined
  },
})
