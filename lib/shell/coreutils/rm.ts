/**
 * `rm`: removes files, and directories with `-r`. Options: `-f`, `-r`, `-R`.
 *
 * @see rm(1)
 */
import type { Command } from '../../app/command.js'
import { coreutil, errorWords } from './coreutil.js'
import type { ToolFiles } from './tool-files.js'

const remove = (files: ToolFiles, path: string, options: ReadonlySet<string>): void => {
  const isForced = options.has('f')
  if (files.isLocal(path)) {
    if (!isForced || files.hasLocal(path)) files.removeLocal(path)
    return
  }
  const fs = files.host
  if (isForced && !fs.exists(path)) return
  if ((options.has('r') || options.has('R')) && fs.exists(path)) fs.remove(path)
  else fs.unlink(path)
}

export const rmCommand: Command = coreutil({
  name: 'rm',
  options: 'frR',
  isFilter: true,
  long: [
    { name: 'force', takesValue: false, option: 'f' },
    { name: 'recursive', takesValue: false, option: 'r' },
  ],
  run: ({ files, options, operands, complain }) => {
    if (operands.length === 0 && !options.has('f')) complain('missing operand')
    for (const path of operands) {
      try {
        remove(files, path, options)
      } catch (e) {
        complain(`cannot remove '${path}': ${errorWords(e)}`)
      }
    }
    return undefined
  },
})
