import type { FleetName, NodeId, SiteId } from '@bramble/contracts'

/** With what one node connects to the broker. */
export interface BrokerCredentials {
  user: string
  password: string
}

/**
 * What a node is let do at the broker: its own keys, nothing else. Given at approval, taken at retirement. The embedded
 * cloudlet has none: nobody else can reach its bus.
 */
export interface NodeAccess {
  /** Makes the node's queue and its user, with a new password each time: the one before counts no more. */
  grant(node: NodeId): Promise<BrokerCredentials>
  /**
   * Makes the node's queue, and the user of its fleet, with one password for as long as this master runs: what other nodes
   * of the fleet were given goes on to count.
   */
  grantInFleet(node: NodeId, fleet: FleetName): Promise<BrokerCredentials>
  /** Takes user and queue, and ends the connections that it has. One that was never granted is no error. */
  revoke(node: NodeId): Promise<void>
  /** Takes the user of a fleet that has no node left. One that was never granted is no error. */
  revokeFleet(fleet: FleetName): Promise<void>
  /** Rejects when access cannot be granted now. */
  check?(): Promise<void>
}

/** What a discovery service is let do there: to hear what it is to tell, and to report. */
export interface SiteAccess {
  /** As for a node: its queue and its user, with a new password each time. */
  grantSite(site: SiteId): Promise<BrokerCredentials>
}
