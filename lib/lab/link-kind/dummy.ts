/**
 * `ip link add type dummy` as a call.
 */
import type { NewLink } from '../link-base.js'
import { checkOptions } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'

/** A dummy: `ip link add NAME type dummy`. */
export interface NewDummy extends NewLink {
  readonly kind: 'dummy'
}

/** @internal */
export const DUMMY_OPTIONS: LinkKindOptions = {
  kind: 'dummy',
  toNew: (_netns, options) => {
    checkOptions('link.add dummy', options, [])
    return {}
  },
  toChange: null,
  isPort: false,
}
