/**
 * `tee`: standard input to standard output and to files, which is how a script writes a file of a host:
 * `printf 'FLANNEL_SUBNET=10.244.1.1/24\n' | ip netns exec h1 tee /run/flannel/subnet.env`. Option: `-a`.
 *
 * @see tee(1)
 */
import { octetText } from '../../app/octet-text.js'
import type { Command } from '../../app/command.js'
import { coreutil, errorWords } from './coreutil.js'

export const teeCommand: Command = coreutil({
  name: 'tee',
  options: 'a',
  isFilter: true,
  long: [{ name: 'append', takesValue: false, option: 'a' }],
  run: ({ ctx, files, options, operands, complain }) => {
    const octets = ctx.stdin ?? new Uint8Array(0)
    for (const path of operands) {
      try {
        files.write(path, octets, options.has('a'))
      } catch (e) {
        complain(`${path}: ${errorWords(e)}`)
      }
    }
    ctx.out(octetText(octets))
    return undefined
  },
})
