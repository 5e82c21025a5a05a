// VMs outlive the process that started them. The embedded process is killed under running VMs, which go on answering;
// back again it takes them over as they are. Then its agent is ended and started alone.
// Broken builds that this catches: VMs that are children of the agent; an agent that starts anew what it finds.
import type { Instance } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { launch, show, succeeded } from '../shared/operations.ts'
import { askStatus, put, remember } from '../shared/guest.ts'
import { createOverlay, service } from '../shared/make-artifacts.ts'
import { openPreparedLab } from './support/prepared-lab.ts'
import { startParts } from './support/start-parts.ts'
import type { PreparedLab } from './support/prepared-lab.ts'

const adoptWithinMs = 5000

let lab: PreparedLab
let instances: Instance[]
beforeAll(async () => {
  lab = await openPreparedLab()
  const { client } = lab.cloudlet
  instances = [await launch(client, { service, name: 'one' }), await launch(client, { service, name: 'two' })]
  await remember(instances[0]!, 'one')
}, 120_000)
afterAll(() => lab?.[Symbol.asyncDispose]())

const askAll = () => Promise.all(instances.map(askStatus))

/** The agent works with a guest only once it has taken it over. */
const canExec = async ({ id }: Instance): Promise<boolean> => {
  const body = { command: ['true'] }
  const result = await lab.cloudlet.client.instances.exec({ params: { instance: id }, body }).catch(() => undefined)
  return result?.exitCode === 0
}

const adoptions = (): number => lab.cloudlet.logs().match(/instance adopted/g)?.length ?? 0

describe('VMs whose cloudlet is killed', () => {
  it('go on answering while it is dead, and are taken over when it returns', async () => {
    const before = await lab.look()
    const counts = (await askAll()).map(({ count }) => count)
    await lab.cloudlet.kill9()
    const whileDead = await askAll()
    expect(whileDead.map(({ count }) => count)).toEqual(counts.map((count) => count + 1))
    await put(instances[1]!, 'written', 'while-dead')

    const began = performance.now()
    await lab.cloudlet.restart()
    await pollUntil(() => adoptions() === 2, 'both to be adopted', adoptWithinMs)
    const tookMs = performance.now() - began
    expect(await Promise.all(instances.map(canExec))).toEqual([true, true])
    console.log(`adopted ${Math.round(tookMs)} ms after the process was started`)
    expect(tookMs).toBeLessThan(adoptWithinMs)

    const after = await lab.look()
    expect([after.domains, after.qemus, after.passts]).toEqual([before.domains, before.qemus, before.passts])
    const later = await askAll()
    expect(later.map(({ remembered }) => remembered)).toEqual(['one', 'prepared'])
    expect(later.every(({ bootId }) => bootId === lab.saved.bootId)).toBe(true)
    for (const { name, status } of instances) {
      const { phase, forwards, domainUuid } = (await show(lab.cloudlet.client, name)).status
      expect({ phase, forwards, domainUuid }).toEqual({
        phase: 'running',
        forwards: status.forwards,
        domainUuid: status.domainUuid,
      })
    }
  }, 60_000)

  it('are fully managed afterwards: saved, launched beside, deleted', async () => {
    const { client } = lab.cloudlet
    await succeeded(client, createOverlay(client, 'after-adoption', 'one'))
    const third = await launch(client, { overlay: 'after-adoption', name: 'three', publish: [{ guestPort: 80 }] })
    expect((await askStatus(third)).remembered).toBe('one')
    await succeeded(client, client.instances.remove({ params: { instance: 'three' } }))
    expect((await lab.look()).domains.length).toBe(2)
  }, 60_000)

  it('survive being left by a clean stop too', async () => {
    const before = await lab.look()
    await lab.cloudlet.restart()
    await pollUntil(() => adoptions() === 4, 'both to be adopted', adoptWithinMs)
    const after = await lab.look()
    expect([after.domains, after.qemus]).toEqual([before.domains, before.qemus])
    expect((await askAll()).map(({ remembered }) => remembered)).toEqual(['one', 'prepared'])
  }, 30_000)
})

describe('an agent that is stopped and started alone', () => {
  it('takes its VMs over while the master runs on, and an order that came meanwhile is carried out', async () => {
    await lab.cloudlet.kill9()
    const before = await lab.look()
    await using parts = await startParts(lab)
    const agent = await parts.startAgent()
    await pollUntil(() => parts.adoptions() === 2, 'both to be adopted', adoptWithinMs)
    await agent.stop()
    const operation = await parts.client.instances.remove({ params: { instance: 'two' } })
    expect((await askAll()).length).toBe(2)
    expect((await lab.look()).qemus).toEqual(before.qemus)

    const again = await parts.startAgent()
    await succeeded(parts.client, operation)
    expect((await askStatus(instances[0]!)).remembered).toBe('one')
    const after = await lab.look()
    expect(after.domains).toEqual(before.domains.filter(({ uuid }) => uuid !== instances[1]!.status.domainUuid))
    expect(Object.values(before.qemus)).toEqual(expect.arrayContaining(Object.values(after.qemus)))
    await again.stop()
  }, 30_000)
})
