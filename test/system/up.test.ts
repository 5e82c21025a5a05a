// From a clone to a running Service VM in one command, as a user runs it: scripts/up on a real Debian guest, a second
// time, after scripts/down, and taken back at the end.
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instance } from '@bramble/contracts'
import { buildGuest, makeTempFolder } from '@bramble/testkit'
import { fillGuestCache, makePrivateHost } from './private-host.ts'
import type { PrivateHost } from './private-host.ts'

interface Answer {
  hits: { name: string }[]
  indexed: number
  bootId: string
  /** Made when the service's index was built, in the guest's memory alone. */
  indexId: string
  servedAt: string
}

const reuseWithinMs = 15_000
const service = 'org.bramble.samples.package-search'

let host: PrivateHost
beforeAll(async () => {
  await using folder = await makeTempFolder()
  await buildGuest('debian', join(folder.path, 'debian.qcow2'))
  host = await makePrivateHost()
  const cache = join(process.env['BRAMBLE_CACHE'] ?? '/var/cache/bramble', 'guests')
  const names = (await readdir(cache)).filter((name) => /^debian-[0-9a-f]+\.qcow2$/.test(name))
  await fillGuestCache(
    host,
    names.map((name) => join(cache, name)),
  )
}, 240_000)
afterAll(() => host?.[Symbol.asyncDispose]())

/** Runs `scripts/up --detach`; gives the answer that it prints, and how long it took. */
async function up() {
  const began = performance.now()
  const { exitCode, stdout, stderr } = await host.script('up', '--detach')
  const tookMs = performance.now() - began
  if (exitCode !== 0) throw new Error(`scripts/up: exit ${exitCode}\n${stderr}`)
  const json = /^\{$[\s\S]*?^\}$/m.exec(stdout)?.[0]
  return { answer: JSON.parse(json ?? '{}') as Answer, tookMs, stderr }
}

async function instances(): Promise<Instance[]> {
  const { exitCode, stdout, stderr } = await host.script('bramble', 'instance', 'list', '-o', 'json')
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Instance[]
}

async function search({ status }: Instance, words: string): Promise<Answer> {
  const { hostAddress, hostPort } = status.forwards.find(({ guestPort }) => guestPort === 8080)!
  const answer = await fetch(`http://${hostAddress}:${hostPort}/search?q=${words}&limit=3`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Answer
}

/** Between the guest's clock, when it answered, and the host's. */
const clockErrorMs = ({ servedAt }: Answer): number => Math.abs(Date.parse(servedAt) - Date.now())

/** Of the run that made everything. */
let first: Answer | undefined

const identity = ({ bootId, indexId }: Answer) => ({ bootId, indexId })

describe('scripts/up', () => {
  let running: Instance

  it('makes base, overlay, service and instance, and asks it', async () => {
    const { answer, stderr, tookMs } = await up()
    console.log(`the first answer came after ${Math.round(tookMs / 1000)} s`)
    first = answer
    expect(answer.hits.length).toBeGreaterThan(0)
    expect(answer.indexed).toBeGreaterThan(50)
    expect(clockErrorMs(answer)).toBeLessThan(10_000)
    // Not a terminal: plain lines, none written over.
    expect(stderr).toMatch(/^==> Launching an instance by synthesis$/m)
    expect(stderr).not.toMatch(/[\r\u001b]/)
    ;[running] = (await instances()) as [Instance]
    expect(running.status.phase).toBe('running')
  }, 240_000)

  it('leaves an instance that answers what it is asked, with the right time', async () => {
    const [archive, editor] = [await search(running, 'archive'), await search(running, 'terminal')]
    const namesOf = ({ hits }: Answer) => hits.map(({ name }) => name)
    expect(namesOf(archive)).not.toEqual(namesOf(editor))
    expect([identity(archive), identity(editor)]).toEqual([identity(first!), identity(first!)])
    expect(clockErrorMs(archive)).toBeLessThanOrEqual(2000)
  }, 30_000)

  it('is there again within 15 s when it is run again', async () => {
    const { answer, tookMs } = await up()
    console.log(`a second run took ${Math.round(tookMs)} ms`)
    expect(identity(answer)).toEqual(identity(first!))
    expect(tookMs).toBeLessThanOrEqual(reuseWithinMs)
    expect((await instances()).map(({ id }) => id)).toEqual([running.id])
  }, 60_000)

  it('serves further instances from the same saved guest', async () => {
    const { exitCode } = await host.script('bramble', 'launch', service, '--name', 'another')
    expect(exitCode).toBe(0)
    const another = (await instances()).find(({ name }) => name === 'another')!
    console.log(`its synthesis: ${JSON.stringify(another.status.timings)}`)
    expect(identity(await search(another, 'archive'))).toEqual(identity(first!))
    expect(another.status.domainUuid).not.toBe(running.status.domainUuid)
  }, 60_000)
})

describe('scripts/down', () => {
  it('ends everything, and scripts/up synthesises a new instance of the same guest within 15 s', async () => {
    const used = (await instances()).map(({ status }) => status.domainUuid)
    expect((await host.script('down')).exitCode).toBe(0)
    expect(await host.processes()).toEqual([])
    const { answer, tookMs } = await up()
    console.log(`after scripts/down it took ${Math.round(tookMs)} ms`)
    expect(tookMs).toBeLessThanOrEqual(reuseWithinMs)
    expect(identity(answer)).toEqual(identity(first!))
    const [again] = await instances()
    expect(used).not.toContain(again!.status.domainUuid)
    expect(clockErrorMs(await search(again!, 'archive'))).toBeLessThanOrEqual(2000)
  }, 120_000)

  it('--purge leaves nothing', async () => {
    expect((await host.script('down', '--purge')).exitCode).toBe(0)
    expect(await host.processes()).toEqual([])
    await expect(access(host.stateDir)).rejects.toThrow('ENOENT')
  }, 60_000)
})
