/**
 * `flanneld`: starts the daemon of flannel v0.20.2 in a namespace; it goes on when the script has ended.
 *
 * @see flannel main.go
 */
import type { Command } from '../../app/command.js'
import { FlagError, parseFlags, usageText } from '../../flannel/flags.js'
import { FLANNEL_VERSION, startFlanneld } from '../../flannel/flanneld.js'
import { netnsOf } from './netns-of.js'

export const flanneldCommand: Command = {
  name: 'flanneld',
  run: (ctx, argv) => {
    try {
      const options = parseFlags(argv.slice(1), ctx.env)
      if (options.version) {
        ctx.err(`${FLANNEL_VERSION}\n`)
        return 0
      }
      return startFlanneld(netnsOf(ctx, 'flanneld'), options, ctx.env === undefined ? {} : { env: ctx.env }).process
    } catch (e) {
      if (!(e instanceof FlagError)) throw e
      // flanneld's own usage function ends it with status 0, whatever was wrong.
      ctx.err(`${e.message === '' ? '' : `${e.message}\n`}${usageText(argv[0]!)}`)
      return 0
    }
  },
}
