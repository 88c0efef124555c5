/**
 * Values as Go prints them, which is how they stand in flannel's log.
 *
 * @see Go syscall/zerrors_linux.go, time/time.go Duration.String, vishvananda/netlink route.go
 */
import { goStrerror } from '../app/go-text.js'
import { type Errno, ERRNO, NetloomError } from '../errors.js'
import { civilTime } from '../sim/civil.js'
import { formatIpv4, type Prefix } from '../wire/ip.js'
import { netText } from './ip4-net.js'

/** Text of a system call's error. Throws what is none. */
export const errnoText = (e: unknown): string => {
  if (!(e instanceof NetloomError)) throw e
  return e.code in ERRNO ? goStrerror(e.code as Errno) : e.message
}

const NS = 1e9

/** Seconds with as many decimals as there are. */
const secondsText = (ns: number): string => {
  const whole = Math.floor(ns / NS)
  const rest = `${ns - whole * NS}`.padStart(9, '0').replace(/0+$/, '')
  return rest === '' ? `${whole}s` : `${whole}.${rest}s`
}

/** A duration in nanoseconds: `22h59m59s`, `1.5s`, `250ms`. */
export const durationText = (ns: number): string => {
  if (ns < 0) return `-${durationText(-ns)}`
  if (ns === 0) return '0s'
  if (ns < 1e3) return `${ns}ns`
  if (ns < 1e6) return `${ns / 1e3}µs`
  if (ns < NS) return `${ns / 1e6}ms`
  const hours = Math.floor(ns / (3600 * NS))
  const minutes = Math.floor(ns / (60 * NS)) % 60
  const seconds = secondsText(ns - (hours * 3600 + minutes * 60) * NS)
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

/** A point of time, and how long it is behind `startNs`, the program's start. */
export const timeText = (ns: number, startNs: number): string => {
  const { year, month, day, hour, minute, second } = civilTime(ns)
  const two = (n: number): string => `${n}`.padStart(2, '0')
  const fraction = secondsText(ns % NS).slice(1, -1)
  const date = `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${fraction}`
  return `${date} +0000 UTC m=${ns < startNs ? '-' : '+'}${(Math.abs(ns - startNs) / NS).toFixed(9)}`
}

/** A route as netlink prints it. `table` is 0 for one that is asked for. */
export const routeText = (ifindex: number, dst: Prefix, gateway: number, table = 0): string =>
  `{Ifindex: ${ifindex} Dst: ${netText(dst)} Src: <nil> Gw: ${gateway === 0 ? '<nil>' : formatIpv4(gateway)} Flags: [] Table: ${table} Realm: 0}`
