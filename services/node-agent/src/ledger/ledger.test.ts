import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { captureOf, desiredOf, instanceOf, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { fileStorage } from './file-storage.ts'
import { openLedger } from './ledger.ts'
import { memoryStorage } from './memory-storage.ts'
import type { LedgerStorage } from './storage.ts'

const [a, b] = [instanceOf(1), instanceOf(2)]
const ready = recordOf(a, stateOf('ready', slotFor(1)))

describe.each(['file', 'memory'] as const)('a ledger kept in %s', (kind) => {
  let folder: string
  let storage: LedgerStorage

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bramble-ledger-'))
    storage = kind === 'file' ? fileStorage(folder) : memoryStorage()
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is empty at first', async () => {
    const ledger = await openLedger(storage)
    expect(ledger.desired()).toBeUndefined()
    expect(ledger.instances().size + ledger.captures().size).toBe(0)
  })

  it('finds everything again when it is opened again', async () => {
    const ledger = await openLedger(storage)
    const capture = { capture: captureOf(1, a) }
    await ledger.acceptDesired(desiredOf(1, [a]))
    await ledger.updateInstance(a.id, () => ready)
    await ledger.updateInstance(b.id, () => recordOf(b, stateOf('failed', undefined)))
    await ledger.putCapture(capture)
    await ledger.updateInstance(b.id, () => undefined)

    const again = await openLedger(storage)
    expect(again.desired()).toEqual(desiredOf(1, [a]))
    expect([...again.instances().values()]).toEqual([ready])
    expect([...again.captures().values()]).toEqual([capture])
    await again.removeCapture(capture.capture.id)
    expect((await openLedger(storage)).captures().size).toBe(0)
  })

  it('loses none of many changes of one record at a time', async () => {
    const ledger = await openLedger(storage)
    await ledger.updateInstance(a.id, () => ready)
    const add = (id: string) =>
      ledger.updateInstance(a.id, (now) => now && { ...now, untold: [...now.untold, { id } as never] })
    await Promise.all(['1', '2', '3', '4'].map(add))
    expect(
      ledger
        .instances()
        .get(a.id)!
        .untold.map(({ id }) => id),
    ).toEqual(['1', '2', '3', '4'])
  })

  it('writes nothing after it was closed', async () => {
    const ledger = await openLedger(storage)
    await ledger.close()
    await expect(ledger.acceptDesired(desiredOf(1, []))).rejects.toThrow('closed')
    expect((await openLedger(storage)).desired()).toBeUndefined()
  })
})

describe('a ledger in files', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'bramble-ledger-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('takes no notice of a document that was being written when the machine stopped, and removes it', async () => {
    const ledger = await openLedger(fileStorage(folder))
    await ledger.updateInstance(a.id, () => ready)
    await writeFile(join(folder, 'instances', `${a.id}.json.new`), '{"half":')
    expect((await openLedger(fileStorage(folder))).instances().get(a.id)).toEqual(ready)
    expect(await readdir(join(folder, 'instances'))).toEqual([`${a.id}.json`])
  })

  it('refuses to open with a damaged document: its VM would count as an orphan', async () => {
    const ledger = await openLedger(fileStorage(folder))
    await ledger.updateInstance(a.id, () => ready)
    await writeFile(join(folder, 'instances', `${a.id}.json`), '{"half":')
    await expect(openLedger(fileStorage(folder))).rejects.toThrow(`instances/${a.id}`)
  })
})

describe('desired documents', () => {
  it.each([
    ['newer', desiredOf(6, [b])],
    ['newer', desiredOf(1, [b], [], 2)],
    ['same', desiredOf(5, [a])],
    ['older', desiredOf(4, [b])],
    ['older', desiredOf(9, [b], [], 0)],
    ['conflict', desiredOf(5, [b])],
  ] as const)('%s', async (judgement, incoming) => {
    const ledger = await openLedger(memoryStorage())
    await ledger.acceptDesired(desiredOf(5, [a]))
    expect(await ledger.acceptDesired(incoming)).toBe(judgement)
    expect(ledger.desired()).toEqual(judgement === 'newer' ? incoming : desiredOf(5, [a]))
  })

  it('end with the newest, in whatever order and however often they come', async () => {
    const revisions = fc.array(fc.record({ epoch: fc.nat(3), n: fc.nat(5) }), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(revisions, async (all) => {
        const ledger = await openLedger(memoryStorage())
        const documentOf = ({ epoch, n }: { epoch: number; n: number }) =>
          desiredOf(n, [instanceOf(epoch * 10 + n)], [], epoch)
        await Promise.all([...all, ...all].map((revision) => ledger.acceptDesired(documentOf(revision))))
        const newest = all.toSorted((x, y) => y.epoch - x.epoch || y.n - x.n)[0]!
        expect(ledger.desired()).toEqual(documentOf(newest))
      }),
    )
  })
})
