export { startPrivateLibvirt } from './private-libvirt.ts'
export type { PrivateLibvirt, PrivateLibvirtOptions } from './private-libvirt.ts'
export { pollUntil } from './poll-until.ts'
