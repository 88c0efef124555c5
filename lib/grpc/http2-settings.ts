/**
 * Settings of HTTP/2: what one side tells the other about itself.
 *
 * @see RFC 9113, section 6.5
 */
import { getU16, getU32, putU16, putU32 } from '../wire/bytes.js'
import { connectionFault, FLOW_CONTROL_ERROR, type Http2Fault, PROTOCOL_ERROR } from './http2-error.js'
import { FRAME_SETTINGS, frameOctets, MAX_FRAME_SIZE } from './http2-frame.js'

/** Octets of the peer's HPACK table at most. */
export const SETTINGS_HEADER_TABLE_SIZE = 1
/** 1 when the server may push. */
export const SETTINGS_ENABLE_PUSH = 2
/** Streams that the peer may have open. */
export const SETTINGS_MAX_CONCURRENT_STREAMS = 3
/** Octets of the window of a new stream. */
export const SETTINGS_INITIAL_WINDOW_SIZE = 4
/** Octets of the largest payload that is taken. */
export const SETTINGS_MAX_FRAME_SIZE = 5
/** Octets of the largest list of fields that is taken. */
export const SETTINGS_MAX_HEADER_LIST_SIZE = 6

/** A window until somebody says otherwise, in octets. */
export const DEFAULT_WINDOW_SIZE = 65535
/** The largest window. */
export const MAX_WINDOW_SIZE = 0x7fff_ffff

/** A setting and its value. */
export type Setting = readonly [id: number, value: number]

/** A SETTINGS frame. */
export const settingsFrame = (settings: readonly Setting[]): Uint8Array => {
  const payload = new Uint8Array(6 * settings.length)
  for (const [n, [id, value]] of settings.entries()) {
    putU16(payload, 6 * n, id)
    putU32(payload, 6 * n + 2, value)
  }
  return frameOctets(FRAME_SETTINGS, 0, 0, payload)
}

/** The settings in a frame's payload, in its order. */
export const readSettings = (payload: Uint8Array): Setting[] => {
  const settings: Setting[] = []
  for (let at = 0; at + 6 <= payload.length; at += 6)
    settings.push([getU16(payload, at), getU32(payload, at + 2) >>> 0])
  return settings
}

/** What is wrong with a setting that `isFromServer`; null when nothing is. Unknown ones are ignored. */
export const settingFault = ([id, value]: Setting, isFromServer: boolean): Http2Fault | null => {
  if (id === SETTINGS_ENABLE_PUSH && value > (isFromServer ? 0 : 1))
    return connectionFault(PROTOCOL_ERROR, `SETTINGS_ENABLE_PUSH is ${value}`)
  if (id === SETTINGS_INITIAL_WINDOW_SIZE && value > MAX_WINDOW_SIZE)
    return connectionFault(FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE is ${value}`)
  if (id === SETTINGS_MAX_FRAME_SIZE && (value < MAX_FRAME_SIZE || value > 0xff_ffff))
    return connectionFault(PROTOCOL_ERROR, `SETTINGS_MAX_FRAME_SIZE is ${value}`)
  return null
}
