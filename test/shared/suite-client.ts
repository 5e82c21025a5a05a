// The API of a suite in containers, as its first admin.
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'
import type { Project } from './compose-project.ts'

/** By the token that the master left in its container. */
export async function firstAdminOf(suite: Project, port: string): Promise<Client> {
  const token = await suite.compose('exec', '-T', 'cluster-master', 'cat', '/run/bramble/admin/first-admin-token')
  return createClient({ url: `http://127.0.0.1:${port}`, token: token.trim() })
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
