import type { NodeId } from '@bramble/contracts'
import { registerNode } from '../app/register-node.ts'
import { makeMaster } from '../testing/make-master.ts'
import { recordEvents } from './record-events.ts'

it('records what was written even when the store failed in between', async () => {
  let isDown = true
  const { master, stop } = await makeMaster((store) => ({
    ...store,
    appendEvents: async (...args) => {
      if (isDown) throw new Error('disk full')
      return store.appendEvents(...args)
    },
  }))
  await registerNode(master, { id: 'pi-01' as NodeId, cluster: 'a' })
  const task = recordEvents(master)
  const run = async () => task.run(new AbortController().signal)
  await expect(run()).rejects.toThrow('disk full')
  isDown = false
  await run()
  const { items } = await master.store.events(0, 10)
  expect(items).toMatchObject([{ resource: { kind: 'node', id: 'pi-01' } }])
  await stop()
})
