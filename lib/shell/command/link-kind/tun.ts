/**
 * `type tun`: always refused by the kernel, as tun and tap are made by `ip tuntap`.
 *
 * @see drivers/net/tun.c tun_validate
 */
import { extackError } from '../../../errors.js'
import type { LinkKindWords } from './words.js'

const refuse = (): never => {
  throw extackError('EOPNOTSUPP', 'tun/tap creation via rtnetlink is not supported')
}

/** `tun`. */
export const TUN_WORDS: LinkKindWords = { kind: 'tun', forAdd: refuse, forSet: refuse }
