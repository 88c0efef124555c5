/**
 * Ports as the matches `tcp` and `udp` print them.
 *
 * @see iptables extensions/libxt_tcp.c print_ports, tcp_save
 */
import { serviceName } from '../../report/services.js'

/** Both ends of a range of ports. */
export type PortRange = readonly [number, number]

const isAny = ([min, max]: PortRange): boolean => min === 0 && max === 0xffff

/** For `-L`: ` dpt:80`, ` dpts:1:9`; empty for any port. */
export const printPorts = (
  name: string,
  range: PortRange,
  invert: boolean,
  numeric: boolean,
  protocol: string,
): string => {
  if (isAny(range) && !invert) return ''
  const [min, max] = range
  const text = (port: number): string => (numeric ? `${port}` : (serviceName(port, protocol) ?? `${port}`))
  const inv = invert ? '!' : ''
  return min === max ? ` ${name}:${inv}${text(min)}` : ` ${name}s:${inv}${text(min)}:${text(max)}`
}

/** For `-S`: ` --dport 80`; empty for any port. */
export const savePorts = (option: string, range: PortRange, invert: boolean): string => {
  if (isAny(range)) return ''
  const [min, max] = range
  return `${invert ? ' !' : ''} --${option} ${min === max ? min : `${min}:${max}`}`
}
