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
  long: [{ name: 'append', takesValue: false, option: 'a' }],
  run: ({ ctx, fs, options, operands, complain }) => {
    const octets = ctx.stdin ?? new Uint8Array(0)
    for (const path of operands) {
      try {
        if (options.has('a')) fs.appendFile(path, octets)
        else fs.writeFile(path, octets)
      } catch (e) {
        complain(`${path}: ${errorWords(e)}`)
      }
    }
    ctx.out(octetText(octets))
  },
})
