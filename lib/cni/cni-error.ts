/**
 * The errors of CNI: what a plugin that fails prints.
 *
 * @see CNI SPEC 0.4.0, "Well-known Error Codes"; cni pkg/types/types.go
 */
import { GoError } from '../app/go-error.js'

/** The plugin does not know this cniVersion. */
export const ERR_INCOMPATIBLE_CNI_VERSION = 1
/** A field of the configuration that the plugin does not support. */
export const ERR_UNSUPPORTED_FIELD = 2
/** The container is not known, or is gone. */
export const ERR_UNKNOWN_CONTAINER = 3
/** CNI_COMMAND, CNI_CONTAINERID, ... are wrong or missing. */
export const ERR_INVALID_ENVIRONMENT_VARIABLES = 4
/** Reading or writing has failed. */
export const ERR_IO_FAILURE = 5
/** What was read can not be decoded. */
export const ERR_DECODING_FAILURE = 6
/** The network configuration is wrong. */
export const ERR_INVALID_NETWORK_CONFIG = 7
/** Something is in the way that will go by itself. */
export const ERR_TRY_AGAIN_LATER = 11
/** Any other error of a plugin (types.ErrInternal). */
export const ERR_INTERNAL = 999

/** An error of a plugin. Its message, as whoever executed the plugin prints it, is `MSG; DETAILS`. */
export class CniError extends GoError {
  readonly code: number
  readonly msg: string
  readonly details: string

  constructor(code: number, msg: string, details = '') {
    super(details === '' ? msg : `${msg}; ${details}`)
    this.code = code
    this.msg = msg
    this.details = details
  }
}
