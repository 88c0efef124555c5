/**
 * Source mode: a macvlan gets the frames of listed senders, whoever they are for.
 *
 * @see drivers/net/macvlan.c macvlan_hash_add_source, macvlan_flush_sources
 */
import { type Macvlan, type MacvlanPort, SourceEntry } from './macvlan-private.js'

/** Adds a sender; nothing happens when it is there. */
export const macvlanHashAddSource = (vlan: Macvlan, mac: number): void => {
  const { port } = vlan
  let entry = port.sources.get(mac)
  if (entry === null) {
    entry = new SourceEntry(mac)
    port.sources.set(mac, entry)
    port.sourceList.push(entry)
  }
  if (entry.vlans.includes(vlan)) return
  entry.vlans.unshift(vlan)
  entry.seqs.unshift(port.sourceSeq++)
}

const removeFrom = (port: MacvlanPort, entry: SourceEntry, vlan: Macvlan): void => {
  const at = entry.vlans.indexOf(vlan)
  if (at < 0) return
  entry.vlans.splice(at, 1)
  entry.seqs.splice(at, 1)
  if (entry.vlans.length > 0) return
  port.sources.delete(entry.mac)
  port.sourceList.splice(port.sourceList.indexOf(entry), 1)
}

/** Removes a sender; nothing happens when it is not there. */
export const macvlanHashDelSource = (vlan: Macvlan, mac: number): void => {
  const entry = vlan.port.sources.get(mac)
  if (entry !== null) removeFrom(vlan.port, entry, vlan)
}

/** Removes all senders of a macvlan. */
export const macvlanFlushSources = (vlan: Macvlan): void => {
  for (const entry of [...vlan.port.sourceList]) removeFrom(vlan.port, entry, vlan)
}

/** The senders of a macvlan in the order of the kernel's table: by bucket, the newest first. */
export const macvlanSources = (vlan: Macvlan): number[] =>
  vlan.port.sourceList
    .filter(entry => entry.vlans.includes(vlan))
    .map(entry => ({ entry, seq: entry.seqs[entry.vlans.indexOf(vlan)]! }))
    .sort((a, b) => a.entry.bucket - b.entry.bucket || b.seq - a.seq)
    .map(({ entry }) => entry.mac)
