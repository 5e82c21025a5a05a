// A cloudlet of which a test kills the process in the middle of a replacement (BRAMBLE_CRASH_AT), and starts another one
// on what it left: `begin FOLDER` launches an instance and loses its node, `end FOLDER` goes on until it runs again.
import { armCrashPointsFrom } from '@bramble/kit'
import { waitOperation } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'
import { baseName, startLossyCloudlet } from './lossy-cloudlet.ts'
import type { LossyCloudlet } from './lossy-cloudlet.ts'

const [mode, stateDir = ''] = process.argv.slice(2)
const nodes = ['a', 'b']

const begin = async () => {
  const { client, node } = await startLossyCloudlet({ stateDir, nodes })
  const whenLost = { policy: 'replace' as const, stopAfterSeconds: 60 }
  const body = { name: 'one', base: baseName, node: 'a' as never, publish: [], whenLost }
  const { id } = await client.instances.launch({ body })
  await waitOperation(client, id, { timeoutMs: 10_000 })
  node('a').lose()
}

const isReplaced = async ({ client }: LossyCloudlet) => {
  const [instance] = (await client.instances.list()).items
  const { items } = await client.operations.list({ query: { limit: 100 } })
  const hasEnded = items.every(({ status }) => status === 'succeeded')
  return instance?.node === 'b' && instance.status.phase === 'running' && hasEnded ? { instance, items } : undefined
}

const end = async () => {
  await using cloudlet = await startLossyCloudlet({ stateDir, nodes, start: ['b'] })
  const { instance, items } = await pollUntil(() => isReplaced(cloudlet), 'the replacement', 30_000)
  const events = await pollUntil(async () => {
    const found = await cloudlet.client.events.list({ query: { types: 'instance.replaced', limit: 100 } })
    return found.items.length > 0 && found.items
  }, 'its event')
  const replacements = items.filter(({ kind }) => kind === 'instance.replace').length
  const { incarnation } = instance
  console.log(
    JSON.stringify({ incarnation, replacements, events: events.length, running: cloudlet.node('b').running() }),
  )
}

armCrashPointsFrom(process.env)
await (mode === 'begin' ? begin() : end())
