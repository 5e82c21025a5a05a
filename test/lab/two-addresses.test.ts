// A base made on a host with one address answers when it is resumed on a host with another: a network namespace with an
// address and a default route of its own, with a libvirtd in it, to which the artifacts are carried through /v2.
// Broken build that this catches: guests that take their host's address while the base is made.
import { networkInterfaces } from 'node:os'
import type { Digest } from '@bramble/contracts'
import { runProgram } from '@bramble/testkit'
import { launch, refusal, succeeded } from '../shared/operations.ts'
import { carryArtifact } from './support/carry-artifact.ts'
import { askStatus, forwardTo } from '../shared/guest.ts'
import { openLab } from './support/lab.ts'
import type { Lab } from './support/lab.ts'
import { makeHostNamespace } from './support/host-namespace.ts'
import type { HostNamespace } from './support/host-namespace.ts'
import { openPreparedLab } from './support/prepared-lab.ts'
import type { PreparedLab } from './support/prepared-lab.ts'

/** Another host: what the cloudlet there binds and tells is an address of its namespace. */
async function openElsewhere({ name: netns, address }: HostNamespace): Promise<Lab> {
  const http = { BRAMBLE__HTTP__HOST: address, BRAMBLE__HTTP__ALLOW_PLAIN: 'true' }
  return openLab({ netns, env: { ...http, BRAMBLE__NODE__ADDRESS: address } })
}

describe('a base and an overlay made on one address', () => {
  let here: PreparedLab
  let there: Lab
  let namespace: HostNamespace
  let digests: { base: Digest; overlay: Digest }
  beforeAll(async () => {
    here = await openPreparedLab()
    namespace = await makeHostNamespace()
    there = await openElsewhere(namespace)
    const { client } = here.cloudlet
    const base = await client.bases.show({ params: { base: 'tiny' } })
    const overlay = await client.overlays.show({ params: { overlay: 'tiny-app' } })
    digests = { base: base.digest!, overlay: overlay.digest! }
  }, 120_000)
  afterAll(async () => {
    await here?.[Symbol.asyncDispose]()
    await there?.[Symbol.asyncDispose]()
    await namespace?.[Symbol.asyncDispose]()
  })

  it('are refused by a cloudlet that lacks the base, then registered there', async () => {
    const [from, to] = [here.cloudlet, there.cloudlet]
    const { client } = to
    await carryArtifact(from, to, 'overlays', digests.overlay)
    const fromManifest = (digest: Digest) => ({ kind: 'manifest' as const, digest })
    const asked = () => client.overlays.create({ body: { name: 'carried', source: fromManifest(digests.overlay) } })
    const problem = await refusal(client, asked())
    expect(problem).toMatchObject({ code: 'base_unknown', when: 'before' })
    expect(problem.detail).toContain(digests.base)
    await carryArtifact(from, to, 'bases', digests.base)
    await succeeded(client, client.bases.create({ body: { name: 'tiny', source: fromManifest(digests.base) } }))
    await succeeded(client, asked())
    expect(await client.overlays.show({ params: { overlay: 'carried' } })).toMatchObject({ digest: digests.overlay })
  }, 30_000)

  it('answer on the other one', async () => {
    expect(Object.values(networkInterfaces()).flatMap((all) => all!.map((it) => it.address))).not.toContain(
      namespace.address,
    )
    const publish = [{ guestPort: 80 }]
    const instance = await launch(there.cloudlet.client, { overlay: 'carried', publish })
    const { hostAddress, hostPort } = forwardTo(instance, 80)
    expect(hostAddress).toBe(namespace.address)
    expect(await askStatus(instance)).toMatchObject(here.saved)
    const inside = await askInside(namespace, `http://${hostAddress}:${hostPort}/cgi-bin/status`)
    expect(JSON.parse(inside)).toMatchObject({ bootId: here.saved.bootId })
  }, 30_000)
})

/** From within the namespace, where the instance is local. */
async function askInside({ name }: HostNamespace, url: string): Promise<string> {
  const script = 'fetch(process.argv[1]).then((it) => it.text()).then(console.log)'
  const node = [process.execPath, '-e', script, url]
  const { exitCode, stdout, stderr } = await runProgram(['nsenter', `--net=/run/netns/${name}`, ...node])
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}
