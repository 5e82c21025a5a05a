export { startDiscovery } from './start-discovery.ts'
export type { Discovery, DiscoveryParts } from './start-discovery.ts'
export { CloudletName, InterfaceName, nameOfHost, Ttl } from './settings.ts'
