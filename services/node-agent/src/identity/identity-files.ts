// What a node has of its cloudlet, in files that only its owner may read:
//
//   node.json      who it is: name, key, certificates, token. Written as a whole when it has joined.
//   joining.json   the key of a join whose answer has not come yet: asked again with the same key, it is the same join.
//   broker.json    with what it connects to the broker.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { BrokerAccess, InvitationId, JoinedNode } from '@bramble/contracts'
import { writeDurably } from '@bramble/kit'

export const NodeIdentity = JoinedNode.omit({ admission: true }).extend({
  invitation: InvitationId,
  /** PKCS #8 in PEM; it never leaves the host. */
  key: z.string(),
})
export type NodeIdentity = z.infer<typeof NodeIdentity>

export const PendingJoin = z.object({ invitation: InvitationId, key: z.string() })
export type PendingJoin = z.infer<typeof PendingJoin>

export interface KeptFile<T> {
  /** Undefined when there is none. @throws when it is damaged */
  read(): Promise<T | undefined>
  write(content: T): Promise<void>
  remove(): Promise<void>
}

export interface IdentityFiles {
  node: KeptFile<NodeIdentity>
  joining: KeptFile<PendingJoin>
  broker: KeptFile<BrokerAccess>
}

export const identityFiles = (folder: string): IdentityFiles => ({
  node: keptFile(join(folder, 'node.json'), NodeIdentity),
  joining: keptFile(join(folder, 'joining.json'), PendingJoin),
  broker: keptFile(join(folder, 'broker.json'), BrokerAccess),
})

const keptFile = <S extends z.ZodType>(path: string, schema: S): KeptFile<z.output<S>> => ({
  read: async () => {
    const text = await readFile(path, 'utf8').catch(undefinedWhenMissing)
    return text === undefined ? undefined : parse(path, schema, text)
  },
  write: async (content) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeDurably(`${JSON.stringify(content, null, 2)}\n`, { path, through: `${path}.new` })
  },
  remove: () => rm(path, { force: true }),
})

function parse<S extends z.ZodType>(path: string, schema: S, text: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} is damaged`, { cause })
  }
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
