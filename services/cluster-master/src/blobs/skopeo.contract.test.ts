import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startRegistry } from './registry-fixture.ts'
import { sha256 } from './test-client.ts'

// A client that nobody here wrote: Debian's skopeo pushes a base from an OCI image layout and pulls it again.

const skopeo = (...args: string[]) => promisify(execFile)('skopeo', ['--insecure-policy', ...args])
const isInstalled = spawnSync('skopeo', ['--version']).status === 0

const contents = {
  'application/vnd.oci.empty.v1+json': '{}',
  'application/vnd.bramble.machine.v1+json': '{"arch":"x86_64"}',
  'application/vnd.bramble.index.v1+json': '{"version":1}',
  'application/vnd.bramble.memory.v1': 'page'.repeat(500_000),
}

/** Writes the layout (OCI image specification, "Image Layout"); returns the digest of its manifest. */
async function writeLayout(folder: string): Promise<string> {
  const blobs = join(folder, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (mediaType: string, bytes: string) => {
    await writeFile(join(blobs, sha256(bytes).slice(7)), bytes)
    return { mediaType, digest: sha256(bytes), size: bytes.length }
  }
  const [config, ...layers] = await Promise.all(Object.entries(contents).map(([type, bytes]) => put(type, bytes)))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const artifactType = 'application/vnd.bramble.base.v1'
  const manifest = await put(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, artifactType, config, layers }))
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }))
  return manifest.digest
}

const whenInstalled = isInstalled ? it : it.skip

whenInstalled(
  'skopeo pushes a base and pulls it back byte for byte',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bramble-skopeo-'))
    const registry = await startRegistry({ folder: join(folder, 'registry') })
    try {
      const digest = await writeLayout(join(folder, 'out'))
      const there = `docker://127.0.0.1:${registry.port}/bases@${digest}`
      const push = ['--dest-tls-verify=false', '--dest-registry-token', 'node']
      const pull = ['--src-tls-verify=false', '--src-registry-token', 'node']
      await skopeo('copy', '--preserve-digests', ...push, `oci:${join(folder, 'out')}`, there)
      await skopeo('copy', '--preserve-digests', ...pull, there, `oci:${join(folder, 'back')}`)
      for (const bytes of Object.values(contents)) {
        const back = await readFile(join(folder, 'back', 'blobs', 'sha256', sha256(bytes).slice(7)), 'utf8')
        expect(back === bytes).toBe(true)
      }
    } finally {
      await registry.close()
      await rm(folder, { recursive: true })
    }
  },
  60_000,
)
