import type { ObservedInstance } from '@bramble/contracts'
import { startFleet } from '../testing/start-fleet.ts'

it('finds what was missed of a report in one that says the same, within a minute or so', async () => {
  await using fleet = await startFleet()
  let phase: ObservedInstance['phase'] = 'running'
  await fleet.addNode('a', { fare: () => ({ phase }) })
  await fleet.launch('one')
  const shown = () => fleet.instance('one').status.phase
  await fleet.pass(70)
  expect(shown()).toBe('running')

  const { observed } = fleet.master.work
  const { add } = observed
  observed.add = () => {}
  phase = 'failed'
  await fleet.pass(11)
  observed.add = add
  await fleet.pass(20)
  expect(shown()).toBe('running')
  await fleet.pass(50)
  expect(shown()).toBe('failed')
})
