import { eventually } from '@bramble/kit'
import { addSampleService, startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

let master: TestMaster
beforeAll(async () => void (master = await startTestMaster()))
afterAll(() => master.stop())

const addSharer = (id: string) =>
  master.addNode(id, { host: { driver: 'libvirt', listenerUrl: `https://${id}.example.org:7443` } })

it('names to a node who has what its instances start from, in the document that wants them', async () => {
  const { id: service, baseDigest, overlayDigest } = await addSampleService(master)
  const [giver, taker] = [await addSharer('pi-01'), await addSharer('pi-02')]
  // It answers its first document with a report of its own, which this one has to follow.
  await eventually(() => expect(giver.desired()).toBeDefined())
  await giver.report({ cachedBases: [baseDigest], cachedOverlays: [overlayDigest] })
  await eventually(async () => {
    const { body } = await master.request('GET', '/v1/nodes/pi-01')
    expect(body).toMatchObject({ liveness: 'ready', cachedBases: [baseDigest] })
  })
  await master.ended(await master.request('POST', '/v1/instances', { body: { service, name: 'one', node: 'pi-02' } }))
  expect(taker.desired()).toMatchObject({
    instances: [{ name: 'one' }],
    neighbours: [{ node: 'pi-01', url: 'https://pi-01.example.org:7443' }],
  })
})
