// Warm synthesis on real QEMU and libvirt, through the REST API: base and overlay are on the node, their files and the
// peer's in the page cache. Ours and the peer's runs are taken in turns.
//
//   synthesis.local.virsh   restore of a finished save image of the same VM, to the first answer of its service, over ours
//                           from the POST to that answer: >= 1. Ours includes all of the way: REST, master, bus, agent,
//                           libvirt, the guest's clock and its probe, and the client's wait for the operation. The image is
//                           in the sparse (mapped-ram) format; `.raw` is the same against the plain one.
//
// Either is asked as soon as whoever started it says that it runs. After each run the guest's content is verified.
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { Client } from '@bramble/client'
import type { Timings } from '@bramble/contracts'
import { makeTempFolder, startPrivateLibvirt } from '@bramble/testkit'
import { awaitNodes } from '../await-nodes.ts'
import { startEmbeddedProcess } from '../embedded-process.ts'
import { describeLoad, describeMachine } from '../machine.ts'
import { endedWell, launchedBy } from '../operations.ts'
import { resultLine, say, tableText, tell } from '../results.ts'
import type { Cell } from '../results.ts'
import { median, minimum } from '../statistics.ts'
import { askGuest } from './ask-guest.ts'
import { checksum, firstAnswer, guestService, makeGuest, memoryBytes } from './guest.ts'
import type { Guest } from './guest.ts'
import { saveFormats, sparseConf, takePeer } from './peer.ts'
import type { Peer, SaveFormat } from './peer.ts'

const repetitions = 7
const answerMs = 30_000
const checksumMs = 120_000
const MiB = 1024 ** 2

interface Run {
  /** Until whoever started it says that it runs. */
  runningMs: number
  answerMs: number
  timings?: Timings
}

const localUrl = (port: number, path: string) => `http://127.0.0.1:${port}${path}`

async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

async function verify(port: number, expected: string): Promise<void> {
  const found = (await askGuest(localUrl(port, checksum), checksumMs, checksumMs)).trim()
  if (found !== expected) throw new Error(`the guest holds ${found} instead of ${expected}`)
}

async function runOurs(client: Client, port: number, guest: Guest): Promise<Run> {
  const began = performance.now()
  const body = { service: guestService, publish: [{ guestPort: 80, hostPort: port }] }
  const operation = await endedWell(client, await client.instances.launch({ body }))
  const running = performance.now()
  await askGuest(localUrl(port, firstAnswer), answerMs)
  const answered = performance.now()
  await verify(port, guest.checksum)
  const instance = launchedBy(operation)
  await endedWell(client, await client.instances.remove({ params: { instance } }))
  return { runningMs: running - began, answerMs: answered - began, timings: operation.timings ?? {} }
}

async function runPeer(peer: Peer, format: SaveFormat, port: number, guest: Guest): Promise<Run> {
  await peer.prepare()
  const began = performance.now()
  await peer.restore(format)
  const running = performance.now()
  await askGuest(localUrl(port, firstAnswer), answerMs)
  const answered = performance.now()
  await verify(port, guest.checksum)
  await peer.destroy()
  return { runningMs: running - began, answerMs: answered - began }
}

/** A VM of the service, taken out of the cloudlet and saved; it keeps its host port. */
async function makePeer(client: Client, daemon: Awaited<ReturnType<typeof startPrivateLibvirt>>, port: number) {
  tell('saving the peer')
  const body = { service: guestService, publish: [{ guestPort: 80, hostPort: port }] }
  const instance = launchedBy(await endedWell(client, await client.instances.launch({ body })))
  await askGuest(localUrl(port, firstAnswer), answerMs)
  const { status } = await client.instances.show({ params: { instance } })
  const peer = await takePeer(daemon, status.domainUuid!)
  await endedWell(client, await client.instances.remove({ params: { instance } }))
  return peer
}

const stages = ['fetchMs', 'verifyMs', 'decompressMs', 'placeMs', 'resumeMs', 'readyMs', 'totalMs'] as const

const rowOf = (what: string, runs: readonly Run[]): Cell[] => {
  const [running, answer] = [runs.map((run) => run.runningMs), runs.map((run) => run.answerMs)]
  return [what, median(running), minimum(running), median(answer), minimum(answer)].map((cell) =>
    typeof cell === 'number' ? Math.round(cell) : cell,
  )
}

await using stack = new AsyncDisposableStack()
const folder = stack.use(await makeTempFolder())
const daemon = stack.adopt(await startPrivateLibvirt({ qemuConf: sparseConf }), (it) => it.stop())
const cloudlet = stack.use(
  await startEmbeddedProcess(folder.path, {
    'node.libvirtSocket': daemon.socketPath,
    'node.reservedMemoryBytes': 0,
  }),
)
const { client } = cloudlet
say(`synthesis: tiny guest, ${memoryBytes / MiB} MiB, everything in the page cache; ${describeMachine()}`)
await awaitNodes(client, 1)
const guest = await makeGuest(client)
const [port, peerPort] = [await freePort(), await freePort()]
const peer = stack.use(await makePeer(client, daemon, peerPort))

const ours: Run[] = []
const theirs: Record<SaveFormat, Run[]> = { sparse: [], raw: [] }
await runOurs(client, port, guest)
for (let repetition = 1; repetition <= repetitions; repetition++) {
  tell(`repetition ${repetition} of ${repetitions}`)
  ours.push(await runOurs(client, port, guest))
  for (const format of saveFormats) theirs[format].push(await runPeer(peer, format, peerPort, guest))
}

const { stats, sizeBytes } = guest.overlay
say(`overlay: ${stats?.memoryPages} pages of memory, ${((sizeBytes ?? 0) / MiB).toFixed(0)} MiB stored`)
say(
  `save images: ${saveFormats.map((format) => `${format} ${(peer.sizeBytes[format] / MiB).toFixed(0)} MiB`).join(', ')}`,
)
say(
  tableText(
    ['ms', 'running', 'min', 'first answer', 'min'],
    [rowOf('ours', ours), ...saveFormats.map((format) => rowOf(`virDomainRestore, ${format}`, theirs[format]))],
  ),
)
say(
  tableText(
    ['stage of ours', 'median ms'],
    stages.map((stage) => [stage, Math.round(median(ours.map(({ timings }) => timings?.[stage] ?? 0)))]),
  ),
)
say(`at the end: ${describeLoad()}`)
const answers = (runs: readonly Run[]) => median(runs.map((run) => run.answerMs))
const [own, sparse, raw] = [answers(ours), answers(theirs.sparse), answers(theirs.raw)]
say(resultLine({ id: 'synthesis.local.virsh', ours: own, bound: sparse, ratio: sparse / own }))
say(resultLine({ id: 'synthesis.local.virsh.raw', ours: own, bound: raw, ratio: raw / own }))
