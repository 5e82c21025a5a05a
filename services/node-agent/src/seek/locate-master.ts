import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { JoinToken } from '@bramble/contracts'
import { ConfigError, systemClock, writeDurably } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import { identityFiles } from '../identity/identity-files.ts'
import { isPlain, membersOf, plainBeyondHost } from '../settings.ts'
import type { LocatedSettings, NodeAgentSettings } from '../settings.ts'
import { version } from '../version.ts'
import { seekMaster } from './seek-master.ts'

const Found = z.object({ url: z.url() })

export interface Located {
  settings: LocatedSettings
  /** To be called once all have joined: who has joined is not led elsewhere by what is told on the network. */
  keep(): Promise<void>
}

/** The settings with the master's address and a token, which are sought where they are not in them. */
export async function locateMaster(
  settings: NodeAgentSettings,
  { logger, stopping }: { logger: Logger; stopping: AbortSignal },
): Promise<Located> {
  const { master, discovery, stateDir, join: joining, listener } = settings
  const at = (url: string[], token = joining.token): LocatedSettings => ({
    ...settings,
    ...{ master: { ...master, url }, join: { token } },
  })
  if (master.url !== undefined) return { settings: at(master.url), keep: async () => {} }
  const path = join(stateDir, 'master.json')
  const kept = await readKept(path)
  if (kept !== undefined) return { settings: at([kept]), keep: async () => {} }
  const [first] = membersOf(settings)
  const hasJoined = first && (await identityFiles(join(first.stateDir, 'identity')).node.read()) !== undefined
  const tokenFile = join(stateDir, 'join-token')
  // Where an admin is to put the token; QEMU's user passes through it later.
  await mkdir(stateDir, { recursive: true, mode: 0o711 })
  const found = await seekMaster({
    ...{ interfaceName: discovery.interface!, node: first!.node, port: listener.port, version },
    tokenFile: hasJoined || joining.token !== undefined ? undefined : tokenFile,
    ...{ clock: systemClock, logger, stopping },
  })
  if (isPlain(found.url) && !master.allowPlain)
    throw new ConfigError([{ key: 'master.url', where: found.url, message: plainBeyondHost }])
  return {
    settings: at([found.url], found.token === undefined ? joining.token : readToken(found.token)),
    keep: async () => {
      await writeDurably(`${JSON.stringify({ url: found.url })}\n`, { path, through: `${path}.new` })
      await rm(tokenFile, { force: true })
    },
  }
}

async function readKept(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Found.parse(JSON.parse(text)).url
}

function readToken(text: string): z.infer<typeof JoinToken> {
  const { data } = JoinToken.safeParse(text)
  if (data !== undefined) return data
  throw new ConfigError([{ key: 'join.token', where: 'join-token', message: 'is not a join token' }])
}
