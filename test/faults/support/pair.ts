// Two masters on one store: one serves, the other one waits for its lease. Agents and clients know both addresses, which
// stay the same: in place of a master that has ended another one is started.
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { MasterProcess } from '@bramble/testkit'
import { openSuite } from './suite.ts'
import type { Suite, SuiteOptions } from './suite.ts'
import type { Servers } from './servers.ts'

export interface Pair extends AsyncDisposable {
  suite: Suite
  /** Of both, as agents and clients are given them. */
  urls: string
  /** Knows both. */
  client(): Client
  /** Knows the one that serves alone. */
  clientOfServing(): Promise<Client>
  serving(): MasterProcess
  /** Resolves when the one that waited serves, with the one that served before. */
  takeOver(): Promise<MasterProcess>
  /** In place of one that has ended. */
  addStandby(ended: MasterProcess): Promise<void>
}

export interface PairOptions extends Omit<SuiteOptions, 'prepare'> {
  prepare: (pair: Pair) => Promise<unknown>
}

export async function openPair(servers: Servers, { prepare, ...options }: PairOptions): Promise<Pair> {
  const suite = await openSuite(servers, options)
  try {
    const pair = await makePair(suite)
    await prepare(pair)
    return pair
  } catch (error) {
    await suite[Symbol.asyncDispose]()
    throw error
  }
}

async function makePair(suite: Suite): Promise<Pair> {
  const { token } = suite.client()
  let serving = suite.master()
  let standby = await startStandby(suite)
  const urls = `${await serving.url},${await standby.url}`
  const client = createClient({ url: urls, token: token! })
  return {
    ...{ suite, urls },
    client: () => client,
    clientOfServing: async () => createClient({ url: await serving.url, token: token! }),
    serving: () => serving,
    takeOver: async () => {
      await standby.serves
      const before = serving
      serving = standby
      return before
    },
    addStandby: async (ended) => {
      standby = await startStandby(suite, Number(new URL(await ended.url).port))
    },
    [Symbol.asyncDispose]: () => suite[Symbol.asyncDispose](),
  }
}

async function startStandby(suite: Suite, port = 0): Promise<MasterProcess> {
  const standby = suite.addMaster({ port })
  await standby.said('another master has the lease of the store: waiting')
  return standby
}
