// The API of a suite in containers, as its first admin.
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'
import type { Project } from './compose-project.ts'

/** A client of its master, with the first admin's token; over TLS it trusts the cloudlet's own authority. */
export async function firstAdminOf(suite: Project, url: string): Promise<Client> {
  const inMaster = (...command: string[]) => suite.compose('exec', '-T', 'cluster-master', ...command)
  const token = (await inMaster('cat', '/run/bramble/admin/first-admin-token')).trim()
  const ca = url.startsWith('https:') ? await inMaster('bramble', 'system', 'ca', '--pem') : undefined
  return createClient({ url, token, ca })
}

/** Starts what the profile `sim` has, and waits until so many nodes of its fleet are ready. */
export async function addSimulatedFleet(suite: Project, client: Client, count: number): Promise<void> {
  await suite.compose('--profile', 'sim', 'up', '--detach', '--wait', 'simulated-fleet')
  const isReady = async () => {
    const { items } = await client.nodes.list()
    return items.filter(({ identity, liveness }) => identity?.fleet === 'sim' && liveness === 'ready').length === count
  }
  await pollUntil(isReady, `${count} simulated nodes`)
}
