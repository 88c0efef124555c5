/**
 * What an ICMP error means to a socket.
 *
 * @see net/ipv4/icmp.c icmp_err_convert, net/ipv4/udp.c __udp4_lib_err
 */
import { errnoNumber } from '../errors.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
} from '../wire/icmp.js'
import type { PmtuDisc } from './sock.js'

/** An errno (positive, 0: the socket hears nothing) and whether it ends what a connected socket does. */
export interface SockErrno {
  readonly errno: number
  readonly fatal: boolean
}

const of = (errno: number, fatal: boolean): SockErrno => Object.freeze({ errno, fatal })

const ENETUNREACH = errnoNumber('ENETUNREACH')
const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')
const ENONET = errnoNumber('ENONET')
const EPROTO = errnoNumber('EPROTO')

/** By code of "destination unreachable". */
const UNREACH: readonly SockErrno[] = [
  of(ENETUNREACH, false),
  of(EHOSTUNREACH, false),
  of(errnoNumber('ENOPROTOOPT'), true),
  of(errnoNumber('ECONNREFUSED'), true),
  of(errnoNumber('EMSGSIZE'), false),
  of(errnoNumber('EOPNOTSUPP'), false),
  of(ENETUNREACH, true),
  of(errnoNumber('EHOSTDOWN'), true),
  of(ENONET, true),
  of(ENETUNREACH, true),
  of(EHOSTUNREACH, true),
  of(ENETUNREACH, false),
  of(EHOSTUNREACH, false),
  of(EHOSTUNREACH, true),
  of(EHOSTUNREACH, true),
  of(EHOSTUNREACH, true),
]

const NOTHING = of(0, false)

/** The errno that an ICMP error gives to a socket with this IP_MTU_DISCOVER. */
export const icmpErrConvert = (type: number, code: number, pmtuDisc: PmtuDisc): SockErrno => {
  switch (type) {
    case ICMP_DEST_UNREACH:
      if (code === ICMP_FRAG_NEEDED) return pmtuDisc === 'dont' ? NOTHING : of(errnoNumber('EMSGSIZE'), true)
      return UNREACH[code] ?? NOTHING
    case ICMP_TIME_EXCEEDED:
      return of(EHOSTUNREACH, false)
    case ICMP_PARAMETERPROB:
      return of(EPROTO, true)
    case ICMP_SOURCE_QUENCH:
      return NOTHING
    default:
      return of(EHOSTUNREACH, false)
  }
}
