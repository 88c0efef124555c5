/**
 * `mkdir`: makes directories. Option: `-p`.
 *
 * @see mkdir(1)
 */
import type { Command } from '../../app/command.js'
import { NetloomError } from '../../errors.js'
import { dirname, type FileSystem } from '../../fs/file-system.js'
import { coreutil, errorWords } from './coreutil.js'

/** What `mkdir -p` names when it fails: the part of the path that is no directory. */
const obstacle = (fs: FileSystem, path: string): string => {
  for (let at = path; at !== '/'; at = dirname(at)) if (fs.stat(at)?.kind === 'file') return at
  return path
}

export const mkdirCommand: Command = coreutil({
  name: 'mkdir',
  options: 'p',
  long: [{ name: 'parents', takesValue: false, option: 'p' }],
  run: ({ files, options, operands, complain }) => {
    const fs = files.host
    const recursive = options.has('p')
    if (operands.length === 0) complain('missing operand')
    for (const path of operands) {
      try {
        fs.mkdir(path, { recursive })
      } catch (e) {
        const named = recursive && e instanceof NetloomError && e.code === 'ENOTDIR' ? obstacle(fs, path) : path
        complain(`cannot create directory '${named}': ${errorWords(e)}`)
      }
    }
    return undefined
  },
})
