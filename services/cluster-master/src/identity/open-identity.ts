// The folder that makes a cloudlet this cloudlet: `ca.key` and `ca.crt`, made once and kept, and the master's own
// `master.key` and `master.crt`, made anew where they are missing. Only the owner may read it; the CA's key never leaves
// it. A key is written before its certificate, so a certificate tells that both were written.
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeId, Timestamp } from '@bramble/contracts'
import { systemClock, writeDurably } from '@bramble/kit'
import type { Clock } from '@bramble/kit'
import {
  createRoot,
  exportKey,
  generateKeys,
  importKey,
  issueMaster,
  issueNode,
  issueServer,
} from './certificate-authority.ts'
import type { Authority } from './certificate-authority.ts'
import * as x509 from './x509.ts'
import type { CryptoKey } from './x509.ts'

export interface Identity {
  /** PEM. */
  caCertificate: string
  /** SHA-256 of the CA certificate (DER), hexadecimal. */
  fingerprint: string
  /** What the master shows to its agents, PEM. */
  master: { key: string; certificate: string }
  /** A certificate (PEM) that says that whoever has the key is the node. */
  signNode(node: NodeId, publicKey: CryptoKey): Promise<{ certificate: string; expiresAt: Timestamp }>
  /** A key with its certificate as a server, for a while. The CA's certificate follows it, to be known by its fingerprint. */
  issueServer(names: readonly string[]): Promise<{ key: string; certificate: string; expiresAt: Timestamp }>
}

/** Reads the cloudlet's identity, made at the first start. @throws when a part of it is lost or does not fit */
export async function openIdentity(folder: string, clock: Clock = systemClock): Promise<Identity> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const authority = (await readAuthority(folder)) ?? (await makeAuthority(folder, clock.now()))
  const { certificate: root } = authority
  return {
    caCertificate: pemOf(root),
    fingerprint: createHash('sha256').update(new Uint8Array(root.rawData)).digest('hex'),
    master: (await readMaster(folder, root)) ?? (await makeMaster(folder, authority, clock.now())),
    signNode: async (node, publicKey) => {
      const { certificate, expiresAt } = await issueNode(authority, publicKey, { node, now: clock.now() })
      return { certificate: pemOf(certificate), expiresAt }
    },
    issueServer: async (names) => {
      const keys = await generateKeys()
      const { certificate, expiresAt } = await issueServer(authority, keys.publicKey, { names, now: clock.now() })
      const key = await exportKey(keys.privateKey)
      return { key, certificate: pemOf(certificate) + pemOf(root), expiresAt }
    },
  }
}

async function readAuthority(folder: string): Promise<Authority | undefined> {
  const { key, certificate } = await readPair(folder, 'ca')
  if (certificate === undefined) return refuseIfUsed(folder)
  if (key === undefined) throw new Error(`${folder} has ca.crt without its ca.key: put the key back from your backup`)
  const authority = { key: await importKey(key), certificate: new x509.X509Certificate(certificate) }
  if (await isPair(authority)) return authority
  throw new Error(`${folder} has a ca.key that is not that of its ca.crt: put both back from one backup`)
}

/** A new authority would be a stranger to every node that joined. */
async function refuseIfUsed(folder: string): Promise<undefined> {
  const { certificate } = await readPair(folder, 'master')
  if (certificate !== undefined) throw new Error(`${folder} has lost its ca.crt: put it back from your backup`)
}

async function isPair({ key, certificate }: Authority): Promise<boolean> {
  const probe = new TextEncoder().encode('the same key')
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, key, probe)
  return crypto.subtle.verify(algorithm, await certificate.publicKey.export(), signature, probe)
}

async function makeAuthority(folder: string, now: Timestamp): Promise<Authority> {
  const keys = await generateKeys()
  const certificate = await createRoot(keys, now)
  await writePair(folder, 'ca', { key: await exportKey(keys.privateKey), certificate: pemOf(certificate) })
  return { key: keys.privateKey, certificate }
}

/** Undefined unless both are there and signed by the root. */
async function readMaster(folder: string, root: x509.X509Certificate): Promise<Identity['master'] | undefined> {
  const { key, certificate } = await readPair(folder, 'master')
  if (key === undefined || certificate === undefined) return undefined
  const isOurs = await new x509.X509Certificate(certificate).verify({ publicKey: root, signatureOnly: true })
  return isOurs ? { key, certificate } : undefined
}

async function makeMaster(folder: string, authority: Authority, now: Timestamp): Promise<Identity['master']> {
  const keys = await generateKeys()
  const { certificate } = await issueMaster(authority, keys.publicKey, now)
  const master = { key: await exportKey(keys.privateKey), certificate: pemOf(certificate) }
  await writePair(folder, 'master', master)
  return master
}

const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`

async function readPair(folder: string, name: string): Promise<{ key?: string; certificate?: string }> {
  const [key, certificate] = await Promise.all(
    ['key', 'crt'].map((ending) => readIfThere(join(folder, `${name}.${ending}`))),
  )
  return { ...(key !== undefined && { key }), ...(certificate !== undefined && { certificate }) }
}

async function writePair(folder: string, name: string, pair: Identity['master']): Promise<void> {
  for (const [ending, text] of [
    ['key', pair.key],
    ['crt', pair.certificate],
  ] as const) {
    const path = join(folder, `${name}.${ending}`)
    await writeDurably(text, { path, through: `${path}.new` })
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
