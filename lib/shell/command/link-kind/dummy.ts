/**
 * Words of `type dummy`: none; the tool does not look at what stands there.
 *
 * @see ip-link(8), iproute2 ip/iplink_dummy.c
 */
import { NetloomError } from '../../../errors.js'
import type { KindRequest, LinkKindWords } from './words.js'

const NOTHING: KindRequest = { attributes: {}, finish: null }

/** `dummy`. Any word makes a change one of attributes, which the kernel refuses. */
export const DUMMY_WORDS: LinkKindWords = {
  kind: 'dummy',
  forAdd: (_ip, args) => {
    args.drop()
    return NOTHING
  },
  forSet: (_ip, args) => {
    if (!args.done) throw new NetloomError('EOPNOTSUPP')
    return NOTHING
  },
}
