/**
 * What a packet is to its connection, what a connection has seen, and the events of its life.
 *
 * @see include/uapi/linux/netfilter/nf_conntrack_common.h
 */

/** Part of an established connection, in its original direction. */
export const IP_CT_ESTABLISHED = 0
/** Starts something that belongs to an existing connection, or is an ICMP error about one. */
export const IP_CT_RELATED = 1
/** Starts a connection, or goes on with one that has had no answer. */
export const IP_CT_NEW = 2
/** Added for the reply direction. */
export const IP_CT_IS_REPLY = 3
/** Part of an established connection, in its reply direction. */
export const IP_CT_ESTABLISHED_REPLY = 3
/** As {@link IP_CT_RELATED}, in the reply direction. */
export const IP_CT_RELATED_REPLY = 4
/** Not to be tracked (NOTRACK); such a packet has no connection. */
export const IP_CT_UNTRACKED = 7

/** Direction of the packet that made the connection. */
export const IP_CT_DIR_ORIGINAL = 0
/** Direction of the answers. */
export const IP_CT_DIR_REPLY = 1

/** Direction that a packet with this ctinfo goes in (CTINFO2DIR). */
export const ctinfo2dir = (ctinfo: number): number => (ctinfo >= IP_CT_IS_REPLY ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL)

/** An expectation announced it. */
export const IPS_EXPECTED: number = 1 << 0
/** Packets have been seen in both directions. */
export const IPS_SEEN_REPLY: number = 1 << 1
/** Never dropped early. */
export const IPS_ASSURED: number = 1 << 2
/** Its first packet has left the host or reached a socket. */
export const IPS_CONFIRMED: number = 1 << 3
/** The source is translated. */
export const IPS_SRC_NAT: number = 1 << 4
/** The destination is translated. */
export const IPS_DST_NAT: number = 1 << 5
/** Source or destination is translated. */
export const IPS_NAT_MASK: number = IPS_DST_NAT | IPS_SRC_NAT
/** Sequence numbers are adjusted. */
export const IPS_SEQ_ADJUST: number = 1 << 6
/** Translation of the source is decided. */
export const IPS_SRC_NAT_DONE: number = 1 << 7
/** Translation of the destination is decided. */
export const IPS_DST_NAT_DONE: number = 1 << 8
/** Both halves of the translation are decided. */
export const IPS_NAT_DONE_MASK: number = IPS_DST_NAT_DONE | IPS_SRC_NAT_DONE
/** Removed from the table; whoever still holds it lets it go. */
export const IPS_DYING: number = 1 << 9
/** Its timeout does not start anew with each packet. */
export const IPS_FIXED_TIMEOUT: number = 1 << 10
/** No connection, but what the CT target wants of the one to be made. */
export const IPS_TEMPLATE: number = 1 << 11
/** Stands only in the reply direction: another one has the same original tuple. */
export const IPS_NAT_CLASH: number = 1 << 12
/** A helper was set by hand. */
export const IPS_HELPER: number = 1 << 13

/** Event: a new connection. */
export const IPCT_NEW = 0
/** Event: a new connection that was expected. */
export const IPCT_RELATED = 1
/** Event: it is gone. */
export const IPCT_DESTROY = 2
/** Event: the first packet in the reply direction. */
export const IPCT_REPLY = 3
/** Event: it is assured now. */
export const IPCT_ASSURED = 4
/** Event: the state of its protocol has changed. */
export const IPCT_PROTOINFO = 5
/** Event: a helper was attached. */
export const IPCT_HELPER = 6
/** Event: its mark has changed. */
export const IPCT_MARK = 7
/** Event: sequence adjustment has changed. */
export const IPCT_SEQADJ = 8
/** Event: its security mark has changed. */
export const IPCT_SECMARK = 9
/** Event: its labels have changed. */
export const IPCT_LABEL = 10
