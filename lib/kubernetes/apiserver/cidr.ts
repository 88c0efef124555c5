/**
 * CIDRs in objects, as Go's net.ParseCIDR takes them; IPv6 is recognised by form, as netloom routes none of it.
 */
const IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}\/(3[0-2]|[12]?\d)$/
const IPV6 = /^(?=[^/]*:[^/]*:)[0-9a-fA-F:]+(\.\d+){0,3}\/(12[0-8]|1[01]\d|[1-9]?\d)$/

/** True for an IPv4 CIDR. */
export const isIpv4Cidr = (text: string): boolean => IPV4.test(text)

/** True for a CIDR of either family. */
export const isCidr = (text: string): boolean => IPV4.test(text) || IPV6.test(text)
