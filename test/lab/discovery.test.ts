// Discovery against clients that nobody here wrote: Avahi and python3-zeroconf, on hosts that are namespaces.
// Broken builds that this catches: a name taken from who has it; a goodbye that is not said; a cloudlet that is believed in
// after it was killed; an address told where nobody can reach it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pollUntil, runBramble, runProgram, startCloudlet, startService } from '@bramble/testkit'
import type { Cloudlet } from '@bramble/testkit'
import { startAvahi } from '../shared/avahi.ts'
import type { Avahi } from '../shared/avahi.ts'
import { makeLan, makeLanHost, on } from '../shared/lan.ts'
import type { Lan } from '../shared/lan.ts'

const type = '_cloudlet._tcp'
const limitMs = 120_000
const python = '/usr/bin/python3'
const support = (name: string) => join(import.meta.dirname, 'support', name)

const undo = new AsyncDisposableStack()
let lan: Lan
let avahi: Avahi
let avahiAddress: string
let pythonHost: Awaited<ReturnType<typeof makeLanHost>>
beforeAll(async () => {
  lan = undo.use(await makeLan())
  const avahiHost = undo.use(await makeLanHost())
  avahiAddress = await lan.attach(avahiHost, 'eth0')
  pythonHost = undo.use(await makeLanHost())
  await lan.attach(pythonHost, 'eth0')
  avahi = undo.use(await startAvahi(avahiHost))
}, limitMs)
afterAll(() => undo.disposeAsync(), limitMs)

/** A cloudlet on a host of its own, told there as `name`. */
async function openCloudlet(name: string, env: Record<string, string> = {}) {
  await using made = new AsyncDisposableStack()
  const host = made.use(await makeLanHost())
  const address = await lan.attach(host, 'eth0')
  const settings = {
    BRAMBLE__HTTP__HOST: address,
    BRAMBLE__HTTP__ALLOW_PLAIN: 'true',
    BRAMBLE__DISCOVERY__INTERFACE: 'eth0',
    BRAMBLE__DISCOVERY__NAME: name,
  }
  const options = { driver: 'none', netns: host.name, env: { ...settings, ...env } } as const
  const cloudlet = made.use(await startCloudlet(options))
  const all = made.move()
  return { host, address, cloudlet, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const seesOnly = (...names: string[]) =>
  pollUntil(
    async () => (await avahi.names(type)).join() === names.join(),
    `Avahi to see ${names.join() || 'none'}`,
    20_000,
  )

async function listed({ url, token }: Cloudlet): Promise<{ id: string; url: string; services: string }[]> {
  const { stdout } = await runBramble(['cloudlet', 'list', '-o', 'json', '--url', url, '--token', token])
  return JSON.parse(stdout) as { id: string; url: string; services: string }[]
}
const namesListed = async (cloudlet: Cloudlet) => (await listed(cloudlet)).map(({ id }) => id).join()

/** What python3-zeroconf tells, line by line. */
function watchWithPython(seconds: number) {
  const [command, ...args] = on(pythonHost, python, support('watch_services.py'), `${type}.local.`, `${seconds}`)
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Record<string, unknown>[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  const ended = once(child, 'exit')
  return {
    saw: (what: string, name: string) =>
      pollUntil(
        () => lines.find((it) => it['what'] === what && it['name'] === `${name}.${type}.local.`),
        `${what} ${name}`,
      ),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

describe('a cloudlet that tells of itself', () => {
  it(
    'is found by Avahi and python3-zeroconf, and forgotten at once when it ends',
    async () => {
      await using zeroconf = watchWithPython(100)
      const one = await openCloudlet('shelf')
      const port = Number(new URL(one.cloudlet.url).port)
      await seesOnly('shelf')
      const [seen] = await avahi.browse(type)
      expect(seen).toEqual({
        ...{ name: 'shelf', host: 'shelf-cloudlet.local', address: one.address, port },
        txt: ['encryption=none', 'path=/v1', expect.stringMatching(/^services=[0-9a-f]{16}$/), 'version=0.1.0'],
      })
      expect(await avahi.run('avahi-resolve', '-4', '-n', 'shelf-cloudlet.local')).toContain(one.address)
      expect(await avahi.run('avahi-browse', '-p', '-t', '--all')).toContain(`;shelf;${type};`)
      const added = await zeroconf.saw('added', 'shelf')
      expect(added).toMatchObject({ addresses: [one.address], port, txt: { path: '/v1', encryption: 'none' } })

      const began = performance.now()
      await one[Symbol.asyncDispose]()
      await zeroconf.saw('removed', 'shelf')
      await seesOnly()
      const tookMs = performance.now() - began
      console.log(`forgotten ${Math.round(tookMs)} ms after it was told to end`)
      expect(tookMs).toBeLessThan(15_000)
    },
    limitMs,
  )

  it(
    'answers within 50 ms',
    async () => {
      await using one = await openCloudlet('shelf')
      await seesOnly('shelf')
      const node = [process.execPath, support('time-answers.ts'), avahiAddress, `shelf.${type}.local`, '7']
      const { stdout, stderr } = await runProgram(avahi.enter(...node))
      const times = stdout.trim().split('\n').map(Number)
      console.log(`answers after ${times.map((it) => it.toFixed(1)).join(', ')} ms ${stderr}`)
      expect(times).toHaveLength(7)
      expect(times.toSorted((a, b) => a - b)[3]).toBeLessThanOrEqual(50)
      expect(one.cloudlet.logs()).not.toContain('"level":"error"')
    },
    limitMs,
  )

  it(
    'leaves a name to who has it',
    async () => {
      const endOther = await avahi.publish('-s', 'shelf', type, '99', 'whose=another')
      await using one = await openCloudlet('shelf')
      await pollUntil(async () => (await avahi.names(type)).includes('shelf-2'), 'shelf-2', 20_000)
      const seen = await avahi.browse(type)
      expect(seen.find(({ name }) => name === 'shelf')?.port).toBe(99)
      expect(seen.find(({ name }) => name === 'shelf-2')).toMatchObject({ address: one.address })
      await pollUntil(async () => (await namesListed(one.cloudlet)) === 'shelf', 'the other to be listed', 20_000)
      await endOther()
      await pollUntil(async () => (await namesListed(one.cloudlet)) === '', 'the other to be forgotten', 20_000)
    },
    limitMs,
  )
})

describe('two cloudlets on one network', () => {
  it(
    'see each other under names of their own, and forget one that was killed',
    async () => {
      const ttl = { BRAMBLE__DISCOVERY__TTL__HOST_SECONDS: '6', BRAMBLE__DISCOVERY__TTL__OTHER_SECONDS: '9' }
      await using one = await openCloudlet('shelf', ttl)
      await seesOnly('shelf') // Of two that probe at the same time either may win.
      await using other = await openCloudlet('shelf', ttl)
      await seesOnly('shelf', 'shelf-2')
      await pollUntil(async () => (await namesListed(one.cloudlet)) === 'shelf-2', 'the second to be listed')
      await pollUntil(async () => (await namesListed(other.cloudlet)) === 'shelf', 'the first to be listed')
      expect((await listed(one.cloudlet))[0]!.url).toBe(other.cloudlet.url)

      // It stays for as long as it lives, longer than what it once told holds.
      const refreshedUntil = performance.now() + 10_000
      await pollUntil(async () => {
        expect(await namesListed(one.cloudlet)).toBe('shelf-2')
        return performance.now() > refreshedUntil
      }, 'ten seconds')
      const began = performance.now()
      await other.cloudlet.kill9()
      await pollUntil(async () => (await namesListed(one.cloudlet)) === '', 'the killed one to be forgotten', 20_000)
      console.log(`forgotten ${Math.round(performance.now() - began)} ms after it was killed`)
      await seesOnly('shelf')
    },
    limitMs,
  )
})

describe('a host in two networks', () => {
  it(
    'tells each of them only of an address that can be reached from there',
    async () => {
      await using far = await makeLan()
      await using farHost = await makeLanHost()
      await far.attach(farHost, 'eth0')
      await using farAvahi = await startAvahi(farHost)
      await using host = await makeLanHost()
      const near = await lan.attach(host, 'eth0')
      const away = await far.attach(host, 'eth1')

      const tell = (name: string, url: string) =>
        startService({ main: support('tell-cloudlet.ts'), args: [name, url, 'eth0', 'eth1'], netns: host.name })
      const [ofOne, ofBoth] = [tell('one', `http://${near}:8080`), tell('both', 'http://0.0.0.0:9090')]
      await using _ended = {
        [Symbol.asyncDispose]: async () => {
          for (const teller of [ofOne, ofBoth]) teller.kill('SIGTERM')
          await Promise.all([ofOne.ended, ofBoth.ended])
        },
      }
      await seesOnly('both', 'one')
      const places = async (from: Avahi) =>
        (await from.browse(type)).map(({ name, address, port }) => [name, address, port]).toSorted()
      await pollUntil(async () => (await places(farAvahi)).length > 0, 'the far network to be told', 20_000)
      expect(await places(avahi)).toEqual([
        ['both', near, 9090],
        ['one', near, 8080],
      ])
      expect(await places(farAvahi)).toEqual([['both', away, 9090]])
      expect(ofOne.logs()).toContain('no address of the API can be reached from there')
    },
    limitMs,
  )
})
