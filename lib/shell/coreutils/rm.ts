/**
 * `rm`: removes files, and directories with `-r`. Options: `-f`, `-r`, `-R`.
 *
 * @see rm(1)
 */
import type { Command } from '../../app/command.js'
import { coreutil, errorWords } from './coreutil.js'

export const rmCommand: Command = coreutil({
  name: 'rm',
  options: 'frR',
  long: [
    { name: 'force', takesValue: false, option: 'f' },
    { name: 'recursive', takesValue: false, option: 'r' },
  ],
  run: ({ fs, options, operands, complain }) => {
    const isForced = options.has('f')
    const isRecursive = options.has('r') || options.has('R')
    if (operands.length === 0 && !isForced) complain('missing operand')
    for (const path of operands) {
      if (isForced && !fs.exists(path)) continue
      try {
        if (isRecursive && fs.exists(path)) fs.remove(path)
        else fs.unlink(path)
      } catch (e) {
        complain(`cannot remove '${path}': ${errorWords(e)}`)
      }
    }
  },
})
