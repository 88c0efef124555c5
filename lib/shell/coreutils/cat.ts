/**
 * `cat`: the contents of files, or of standard input. It has no options.
 *
 * @see cat(1)
 */
import { octetText } from '../../app/octet-text.js'
import type { Command } from '../../app/command.js'
import { coreutil, errorWords } from './coreutil.js'

export const catCommand: Command = coreutil({
  name: 'cat',
  options: 'u',
  run: ({ ctx, fs, operands, complain }) => {
    for (const file of operands.length === 0 ? ['-'] : operands) {
      try {
        ctx.out(octetText(file === '-' ? (ctx.stdin ?? new Uint8Array(0)) : fs.readFile(file)))
      } catch (e) {
        complain(`${file}: ${errorWords(e)}`)
      }
    }
  },
})
