/**
 * What a cluster of flannel is made of.
 */
import type { FlanneldOptions } from '../flanneld.js'
import type { FlannelBackend } from './backend.js'

/** A node of the cluster. */
export interface FlannelNodeSpec {
  /** Name of its namespace; `h1`, `h2`, ... when absent. */
  readonly name?: string
  /** Pods on it; those of {@link FlannelOptions.pods} when absent. */
  readonly pods?: number | readonly string[]
  /** Number of the segment that it stands on, from 0. By default the nodes are spread over the segments in order. */
  readonly segment?: number
  /**
   * Subnet that it is to have, `10.244.1.0/24`: a subnet file of an earlier run, as flanneld takes it when nobody else has it.
   * Drawn at random when absent.
   */
  readonly subnet?: string
  /** Options of its flanneld besides those of {@link FlannelOptions.flanneld}. */
  readonly flanneld?: FlanneldOptions
}

/** What the nodes stand on. */
export interface FlannelUnderlay {
  /**
   * A switch each, with a router between them, or subnets of a cloud; 1 by default.
   */
  readonly segments?: number
  /**
   * Whose machines the hosts are: `aws`, an Amazon VPC, `gce`, a network of Google Cloud, or `none`. That of the backend by
   * default: `aws` for aws-vpc, `gce` for gce, `none` for others.
   */
  readonly cloud?: 'aws' | 'gce' | 'none'
  /** Routes that the cloud allows; what it allows a new account by default. */
  readonly routesQuota?: number
  /** MTU in octets; 1500 by default, 1460 on gce. */
  readonly mtu?: number
  /** Addresses of the first segment; the next ones follow. 192.168.0.0/20 by default: .1 the router, .2 etcd, nodes from .11 on. */
  readonly network?: string
}

/** Options of {@link flannel}. */
export interface FlannelOptions {
  /** The network that subnets are cut from. `10.244.0.0/16` by default. */
  readonly network?: string
  readonly subnetLen?: number
  readonly subnetMin?: string
  readonly subnetMax?: string
  /** Type of the backend (`vxlan`, `udp`, `host-gw`, `alloc`, `aws-vpc`, `gce`), or it with its options; `vxlan` by default. */
  readonly backend?: string | FlannelBackend
  /** How many nodes, their names, or what each is. */
  readonly nodes: number | readonly (string | FlannelNodeSpec)[]
  /** Pods on each node, made by the CNI plugin: how many, or their names behind the node's; 0 by default. */
  readonly pods?: number | readonly string[]
  readonly underlay?: FlannelUnderlay
  /** Where the leases are: `etcd`, or `kube` for the podCIDRs of Kubernetes' nodes (`--kube-subnet-mgr`). `etcd` by default. */
  readonly subnetManager?: 'etcd' | 'kube'
  /** `-ip-masq`; true by default. */
  readonly ipMasq?: boolean
  /** Options of every flanneld. */
  readonly flanneld?: FlanneldOptions
  /** Seconds after which a flanneld that has failed is started again (systemd's RestartSec); 5 by default, null for never. */
  readonly restartSec?: number | null
  /** Virtual nanoseconds in which all must have found each other; 60 s by default. */
  readonly withinNs?: number
}
