export { startDiscovery } from './start-discovery.ts'
export type { Discovery, DiscoveryParts } from './start-discovery.ts'
export { CloudletName, InterfaceName, nameOfHost } from './settings.ts'
export { findAddresses } from './find-addresses.ts'
