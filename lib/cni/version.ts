/**
 * Versions of the CNI specification, and which of them the plugins speak: 0.1.0 to 0.4.0, as plugins of v0.9.1 do.
 *
 * @see cni v0.8.1 pkg/version
 */
import { goStruct, goTop } from '../app/go-decode.js'
import { goQuote, goQuoteList } from '../app/go-text.js'
import { GoError, wrapped } from '../app/go-error.js'

/** Versions with interfaces and several addresses. */
export const SUPPORTED_CURRENT: readonly string[] = ['0.3.0', '0.3.1', '0.4.0']
/** Versions before; a configuration without a version counts as 0.1.0. */
export const SUPPORTED_020: readonly string[] = ['', '0.1.0', '0.2.0']
/** What every plugin supports. */
export const SUPPORTED_VERSIONS: readonly string[] = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0']
/** The newest version that is supported. */
export const CURRENT_VERSION = '0.4.0'

/** The version of a configuration. Throws GoError. */
export const decodeVersion = (json: string): string => {
  const { cniVersion = '' } = wrapped('decoding version from network config', () =>
    goStruct(
      json,
      [{ name: 'cniVersion', type: 'string' }],
      goTop(''),
      'struct { CNIVersion string "json:\\"cniVersion\\"" }',
    ),
  ) as { readonly cniVersion?: string }
  return cniVersion === '' ? '0.1.0' : cniVersion
}

/** Why a plugin refuses a configuration's version, or null when it does not. */
export const incompatible = (version: string): string | null =>
  SUPPORTED_VERSIONS.includes(version)
    ? null
    : `config is ${goQuote(version)}, plugin supports ${goQuoteList(SUPPORTED_VERSIONS)}`

const PARTS = ['major', 'minor', 'micro']

const parseVersion = (version: string): number[] => {
  if (version === '') throw new GoError(`invalid version ${goQuote(version)}: the version is empty`)
  const parts = version.split('.')
  if (parts.length > PARTS.length) throw new GoError(`invalid version ${goQuote(version)}: too many parts`)
  return PARTS.map((name, i) => {
    const part = parts[i] ?? '0'
    if (/^[+-]?\d+$/.test(part)) return Number(part)
    throw new GoError(
      `failed to convert ${name} version part ${goQuote(part)}: strconv.Atoi: parsing ${goQuote(part)}: invalid syntax`,
    )
  })
}

/** Is `version` the same as `other` or newer? Throws GoError for what is no version. */
export const isAtLeast = (version: string, other: string): boolean => {
  const a = parseVersion(version)
  const b = parseVersion(other)
  const at = a.findIndex((part, i) => part !== b[i])
  return at < 0 || a[at]! > b[at]!
}
