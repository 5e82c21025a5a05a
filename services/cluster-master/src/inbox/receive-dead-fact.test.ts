import { makeMaster } from '../testing/make-master.ts'
import { createDeadFactReceiver } from './receive-dead-fact.ts'

const factNumbered = (n: number) => ({
  key: 'node.pi-01.instance.ready',
  reason: 'no',
  text: `${n} ${'x'.repeat(9000)}`,
})

it('keeps each dead fact once, cut to size, and of all of them the newest thousand', async () => {
  const { master, stop } = await makeMaster()
  const receive = createDeadFactReceiver(master)
  const { deadFacts } = master.records
  for (let n = 0; n < 1005; n += 1) await receive(factNumbered(n))
  await receive(factNumbered(1004))
  expect(deadFacts.size).toBe(1000)
  const numbers = [...deadFacts.values()].map(({ text }) => parseInt(text))
  expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([5, 1004])
  for (const { text } of deadFacts.values()) expect(text).toHaveLength(4096)
  await stop()
})
