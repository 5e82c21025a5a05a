import type { FleetName, NodeId } from '@bramble/contracts'
import type { Session } from '../context/session.ts'
import { parseDurationMs } from '../parse/duration.ts'
import { parseLabels } from '../parse/label.ts'

export interface InviteFlags {
  cluster?: string
  label?: string[]
  uses?: string
  fleet?: string
  needsApproval?: boolean
  expires?: string
  docker?: boolean
}

export const bodyOf = (node: string | undefined, flags: InviteFlags) => ({
  ...(node !== undefined && { node: node as NodeId }),
  ...(flags.cluster !== undefined && { cluster: flags.cluster }),
  ...(flags.label && { labels: parseLabels(flags.label) }),
  ...(flags.uses !== undefined && { uses: Number(flags.uses) }),
  ...(flags.fleet !== undefined && { fleet: flags.fleet as FleetName }),
  ...(flags.needsApproval && { needsApproval: true }),
  ...(flags.expires !== undefined && { expiresInSeconds: Math.ceil(parseDurationMs(flags.expires) / 1000) }),
})

export const warnOfLoopback = ({ output }: Session, masterUrl: string): void => {
  const hosts = masterUrl.split(',').map((url) => new URL(url).hostname)
  if (!hosts.some((host) => ['127.0.0.1', 'localhost', '[::1]'].includes(host))) return
  output.say(`note: ${masterUrl} is this host to every host; set publicUrl of the master for others to reach it`)
}

export const collect = (value: string, all: string[] = []): string[] => [...all, value]
