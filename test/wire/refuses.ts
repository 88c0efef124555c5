/**
 * An assertion that decoders share.
 */
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'

/** Asserts that `call` throws `EDECODE` for the field at the offset, with the message. */
export const refuses = (call: () => unknown, field: string, offset: number, message: string): void => {
  try {
    call()
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    assert.equal([e.code, e.context['field'], e.context['offset'], e.message], ['EDECODE', field, offset, message])
    return
  }
  assert.unreachable(`not refused: ${message}`)
}
