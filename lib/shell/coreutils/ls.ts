/**
 * `ls`: names in directories, one a line. Options: `-1`, `-a`, `-A`.
 *
 * @see ls(1)
 */
import type { Command } from '../../app/command.js'
import { coreutil, type CoreutilRun, errorWords } from './coreutil.js'

const list = ({ ctx, files, options }: CoreutilRun, directory: string): void => {
  const names = files.names(directory).filter(name => options.has('a') || options.has('A') || !name.startsWith('.'))
  const all = options.has('a') ? ['.', '..', ...names] : names
  ctx.out(all.map(name => `${name}\n`).join(''))
}

export const lsCommand: Command = coreutil({
  name: 'ls',
  options: '1aA',
  long: [
    { name: 'all', takesValue: false, option: 'a' },
    { name: 'almost-all', takesValue: false, option: 'A' },
  ],
  failure: 2,
  run: tool => {
    const { ctx, files, operands, complain } = tool
    const named = operands.length === 0 ? ['/'] : [...operands].sort()
    for (const path of named) {
      if (files.kind(path) !== null) continue
      try {
        files.names(path)
      } catch (e) {
        complain(`cannot access '${path}': ${errorWords(e)}`)
      }
    }
    const plain = named.filter(path => files.kind(path) === 'file')
    const directories = named.filter(path => files.kind(path) === 'directory')
    for (const file of plain) ctx.out(`${file}\n`)
    for (const [i, directory] of directories.entries()) {
      if (plain.length > 0 || i > 0) ctx.out('\n')
      if (named.length > 1) ctx.out(`${directory}:\n`)
      list(tool, directory)
    }
    return undefined
  },
})
