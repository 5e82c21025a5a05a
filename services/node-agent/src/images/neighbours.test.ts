import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest, Neighbour, NodeId } from '@bramble/contracts'
import { createLogger, eventually, silentLogger } from '@bramble/kit'
import { imageOf, makeBase } from '../../../../packages/synthesis/src/fixtures/sample-vm.ts'
import { createSimulatedDriver } from '../drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../drivers/simulated/simulated-hypervisor.ts'
import { makeTestCa, namesOf } from '../identity/ca.fixture.ts'
import type { TestCa } from '../identity/ca.fixture.ts'
import { openLedger } from '../ledger/ledger.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import { startListener } from '../listener/start-listener.ts'
import { holdCertificate } from '../listener/held-certificate.ts'
import type { HeldCertificate } from '../listener/held-certificate.ts'
import { createImageCache } from './image-cache.ts'
import type { ImageCache } from './image-cache.ts'
import { createNeighbours } from './neighbours.ts'
import { createRegistryClient } from './registry-client.ts'
import { digestOf, startTestRegistry, testToken } from './registry.fixture.ts'
import type { TestRegistry } from './registry.fixture.ts'

const disk = 'abcdefgh....abab'
const ends = new AsyncDisposableStack()
let ca: TestCa
let registry: TestRegistry
let root: string
let base: Digest
let caches = 0
let warnings: string[] = []

beforeAll(async () => {
  ca = await makeTestCa()
  registry = ends.use(await startTestRegistry())
  root = await mkdtemp(join(tmpdir(), 'neighbours-'))
  ends.defer(() => rm(root, { recursive: true }))
  const made = await makeBase({ memory: 'xyz.......xyz', disk }, join(root, 'made'))
  for (const { path } of made.blobs) await pushFile(path)
  base = digestOf(made.manifest) as Digest
  registry.manifests.set(base, made.manifest)
})
afterAll(() => ends.disposeAsync())
beforeEach(() => {
  warnings = []
  registry.requests.splice(0)
})

async function pushFile(path: string): Promise<void> {
  const bytes = await readFile(path)
  registry.blobs.set(digestOf(bytes), bytes)
}

/** The images of a node that takes from these. */
async function openCache(named: Neighbour[], certificate: HeldCertificate): Promise<ImageCache> {
  const write = (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg)
  const log = createLogger({ component: 't', level: 'warn', to: { write } })
  const cache = await createImageCache({
    dir: join(root, `cache-${caches++}`),
    registry: createRegistryClient({ url: registry.url, token: () => testToken }),
    neighbours: createNeighbours({ named: () => named, certificate, log }),
    log,
    reserveBytes: 0,
  })
  ends.defer(cache.close)
  return cache
}

/** A node with a listener of its own, as its agent has it. */
async function startNode(id: string, named: Neighbour[] = []) {
  const certificate = holdCertificate(await ca.issue(namesOf(id)))
  const images = await openCache(named, certificate)
  const sources = {
    driver: createSimulatedDriver(createSimulatedHypervisor()),
    ledger: await openLedger(memoryStorage()),
    inspect: () => Promise.reject(new Error('not asked for here')),
    logger: silentLogger(),
  }
  const trust = { kind: 'certificates', held: certificate } as const
  const server = await startListener({ host: '127.0.0.1', port: 0, trust, blobs: images.shelf }, sources)
  ends.defer(server.close)
  return { images, neighbour: { node: id as NodeId, url: server.url } }
}

/** A neighbour that does what it likes. */
async function startLiar(id: string, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const { key, certificate } = await ca.issue(namesOf(id))
  let asked = 0
  const server = createServer({ key, cert: certificate }, (request, response) => {
    asked += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  ends.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  const neighbour = { node: id as NodeId, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` }
  return { neighbour, asked: () => asked }
}

const blobsPulled = () => registry.requests.filter((line) => line.includes('/blobs/')).length
const expectWhole = async (images: ImageCache) => {
  const { diskPath } = await images.base(base)
  expect((await readFile(diskPath)).equals(imageOf(disk))).toBe(true)
}

function pushOverlay(): { digest: Digest; layers: Buffer[] } {
  const layers = [randomBytes(3_000_000), randomBytes(100)]
  const types = ['application/vnd.bramble.index.v1+json', 'application/vnd.bramble.machine.v1+json']
  const described = layers.map((bytes, at) => {
    registry.blobs.set(digestOf(bytes), bytes)
    return { mediaType: types[at], digest: digestOf(bytes), size: bytes.length }
  })
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: base, size: 1 }
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 }
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: subject.mediaType, artifactType: 'application/vnd.bramble.overlay.v1' },
      ...{ config, layers: described, subject },
    }),
  )
  registry.manifests.set(digestOf(manifest), manifest)
  return { digest: digestOf(manifest) as Digest, layers }
}

describe('a node that wants an image', () => {
  it('takes its layers from a neighbour that has it, and gives them on', async () => {
    const first = await startNode('pi-01')
    await expectWhole(first.images)
    const fromMaster = blobsPulled()
    registry.requests.splice(0)
    const second = await startNode('pi-02', [first.neighbour])
    await expectWhole(second.images)
    // The index, by which the room that it needs is known, is asked of the master.
    expect([fromMaster > 4, blobsPulled()]).toEqual([true, 1])
    registry.requests.splice(0)
    const third = await startNode('pi-03', [second.neighbour])
    await expectWhole(third.images)
    expect(blobsPulled()).toBe(1)
    expect(warnings).toEqual([])
  })

  it('takes overlays as well', async () => {
    const { digest, layers } = pushOverlay()
    const first = await startNode('pi-01')
    const whole = async (images: ImageCache) => {
      const { manifest, source } = await images.overlay(digest)
      const chunks: Buffer[] = []
      const range = { offset: 0, lengthBytes: layers[0]!.length }
      for await (const chunk of await source.read(manifest.layers.index, range)) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(layers[0]!)).toBe(true)
    }
    await whole(first.images)
    // It can be read while it arrives, and is given on once it is here.
    await eventually(async () => expect((await first.images.list()).overlays).toEqual([digest]))
    registry.requests.splice(0)
    await whole((await startNode('pi-02', [first.neighbour])).images)
    expect(blobsPulled()).toBe(0)
  })

  it('goes on to the next neighbour, and to the master in the end', async () => {
    const [empty, full] = [await startNode('pi-01'), await startNode('pi-02')]
    await expectWhole(full.images)
    const gone = { node: 'pi-04' as NodeId, url: 'https://127.0.0.1:1' }
    registry.requests.splice(0)
    await expectWhole((await startNode('pi-03', [gone, empty.neighbour, full.neighbour])).images)
    expect(blobsPulled()).toBe(1)
    await expectWhole((await startNode('pi-05', [gone, empty.neighbour])).images)
    expect(blobsPulled()).toBeGreaterThan(4)
  })

  const wrong: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    'sends other bytes': (request, response) => {
      const blob = registry.blobs.get(request.url!.split('/').at(-1)!)!
      response.end(Buffer.alloc(blob.length, 'x'))
    },
    'sends too little': (_request, response) => void response.end('x'),
    'sends without end': (_request, response) => {
      const chunk = Buffer.alloc(65_536)
      const more = () => void (response.writable && response.write(chunk, more))
      more()
    },
    'breaks off': (_request, response) => void response.write('x', () => response.destroy()),
    'answers with an error': (_request, response) => void response.writeHead(500).end(),
    'sends elsewhere': (_request, response) => void response.writeHead(302, { location: 'https://127.0.0.1:1' }).end(),
    hangs: () => {},
  }
  it.each(Object.keys(wrong))('comes to no harm by a neighbour that %s', async (how) => {
    const liar = await startLiar('pi-66', wrong[how]!)
    const { images } = await startNode('pi-07', [liar.neighbour])
    await expectWhole(images)
    expect(liar.asked()).toBeGreaterThan(0)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('neighbour avoided')
    const kept = await readdir(join(root, `cache-${caches - 1}`, 'layers', base.slice('sha256:'.length), 'sha256'))
    for (const name of kept) {
      const path = join(root, `cache-${caches - 1}`, 'layers', base.slice('sha256:'.length), 'sha256', name)
      expect(digestOf(await readFile(path))).toBe(`sha256:${name}`)
    }
  })

  it('takes nothing of who only says that it is the neighbour', async () => {
    const liar = await startLiar('pi-66', (_request, response) => void response.writeHead(404).end())
    await expectWhole((await startNode('pi-07', [{ ...liar.neighbour, node: 'pi-01' as NodeId }])).images)
    expect([liar.asked(), warnings.length]).toEqual([0, 1])
  })
})
