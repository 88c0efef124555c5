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
        const text = files.read(file)
        if (file === ctx.outFile && text !== '') complain(`${file}: input file is output file`)
        else ctx.out(text)
      } catch (e) {
        complain(`${file}: ${errorWords(e)}`)
      }
    }
    return undefined
  },
})
