import { splitUrls } from '@bramble/contracts'
import type { Node, NodeId, Version } from '@bramble/contracts'
import { createMetrics, createTaskSet, listen, systemClock } from '@bramble/kit'
import type { Bus, Clock, HttpApp, HttpServer, Logger, TaskDefinition } from '@bramble/kit'
import type { AgentTrust } from './agent/agent-client.ts'
import { createApi } from './api/create-api.ts'
import { registerNode } from './app/register-node.ts'
import type { NodeRegistration } from './app/register-node.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { onlyServingNodes } from './auth/serving-nodes.ts'
import { createFirstAdminToken, renewNodeToken } from './auth/tokens.ts'
import { carryOutOperations } from './background/carry-out-operations.ts'
import { deriveLiveness } from './background/derive-liveness.ts'
import { followDescription } from './background/follow-description.ts'
import { expireIdempotency } from './background/expire-idempotency.ts'
import { expireInvitations } from './background/expire-invitations.ts'
import { expireUploads } from './background/expire-uploads.ts'
import { giveBackMemory } from './background/give-back-memory.ts'
import { publishDesired } from './background/publish-desired.ts'
import { publishDiscovery } from './background/publish-discovery.ts'
import { recordEvents } from './background/record-events.ts'
import { replaceLost } from './background/replace-lost.ts'
import { startEpoch } from './background/revision-counter.ts'
import { storeObserved } from './background/store-observed.ts'
import { takeRetired } from './background/take-retired.ts'
import { tellRefused } from './background/tell-refused.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import { createBlobRouter } from './blobs/blob-router.ts'
import type { MasterConfig } from './config.ts'
import { createMaster } from './create-master.ts'
import { createDeadFactReceiver } from './inbox/receive-dead-fact.ts'
import { createFactReceiver } from './inbox/receive-fact.ts'
import { createDiscoveryReceiver } from './inbox/receive-discovery.ts'
import { createReportReceiver } from './inbox/receive-report.ts'
import { byType } from './inbox/by-type.ts'
import type { Identity } from './identity/open-identity.ts'
import type { Joining } from './join/joining.ts'
import { measure, measureReadiness } from './measure.ts'
import { measureBus, measureStore, timeBus } from './measure-calls.ts'
import { measureOperations } from './measure-operations.ts'
import { probeWhenAsked } from './readiness/readiness.ts'
import type { Readiness } from './readiness/readiness.ts'
import { migrateStore } from './store/schema-version.ts'
import type { Store } from './store/store.ts'
import { timeStore } from './store/time-store.ts'

export interface StartMaster {
  config: MasterConfig
  store: Store
  blobs: BlobStore
  bus: Bus
  logger: Logger
  clock?: Clock
  agentTrust: AgentTrust
  /** What lets other hosts in; absent where there can be none. */
  joining?: Joining
  /** The cloudlet's own CA; that of `joining` when absent, or none. */
  authority?: Pick<Identity, 'caCertificate' | 'fingerprint'>
  /**
   * Called while there is no admin, before anything is served: once it resolves, the secret that it was given is that of
   * an admin. It must have been kept durably by then: nobody can be told of it again.
   */
  leaveFirstSecret?: (secret: string) => Promise<void>
  /** What requests are refused by; when absent store and bus are probed by who asks for their health. */
  readiness?: Readiness
  /** Puts the app where it is reached; a port of its own (config.http), without TLS, when absent. */
  serve?: (app: HttpApp) => Promise<Pick<HttpServer, 'url' | 'close'>>
  /** Beside its own. */
  tasks?: TaskDefinition[]
  shape?: Version['shape']
  /** Those of the process, for admins to look at: they must come through `maskSecrets`. */
  shownSettings?: Record<string, unknown>
}

export interface RunningMaster {
  url: string
  /** Makes an approved node: for the shape that knows its nodes beforehand. */
  registerNode(registration: NodeRegistration): Promise<Node>
  /** The secret with which a node's agent reads and pushes blobs; the one before counts no more. */
  renewNodeToken(node: NodeId): Promise<string>
  /** Ends what the master does; the store and the bus are their owner's to close. */
  stop(): Promise<void>
}

const factsAtOnce = 64

/** Starts the master on what its store holds. */
export async function startMaster(given: StartMaster): Promise<RunningMaster> {
  const { clock = systemClock, shape = 'embedded', tasks: others = [], shownSettings = {}, ...rest } = given
  const { blobs, leaveFirstSecret, authority, ...parts } = rest
  const { bus, store, logger, config } = parts
  const { host, port } = config.http
  const { readiness = probeWhenAsked(parts), serve = (app) => listen(app, { host, port }) } = given
  const startedAt = clock.now()
  const metrics = createMetrics({ service: 'cluster-master', processMetrics: true })
  const tasks = createTaskSet({ logger, clock, observer: metrics })
  let written = () => {}
  await migrateStore(store, { logger })
  const revisions = await startEpoch(store)
  const timed = { store: timeStore(store, measureStore(metrics)), bus: timeBus(bus, measureBus(metrics)) }
  const master = await createMaster({
    ...{ ...parts, ...timed, readiness, artifacts: blobs, clock },
    written: () => written(),
    ended: measureOperations(metrics),
  })
  measure(metrics, master)
  measureReadiness(metrics, readiness)
  if (leaveFirstSecret) await createFirstAdminToken(master, leaveFirstSecret)

  // Once before anything is published: the first desired documents already name the captures that go on.
  const operations = carryOutOperations(master)
  await operations.run(new AbortController().signal)
  written = tasks.add(recordEvents(master))
  master.work.operations.wakes(tasks.add(operations))
  master.work.nodes.wakes(tasks.add(publishDesired(master, revisions)))
  master.work.observed.wakes(tasks.add(storeObserved(master)))
  tasks.add(deriveLiveness(master))
  tasks.add(replaceLost(master))
  tasks.add(expireIdempotency(master))
  tasks.add(expireInvitations(master))
  master.work.retired.wakes(tasks.add(takeRetired(master)))
  master.work.refused.wakes(tasks.add(tellRefused(master)))
  tasks.add(expireUploads(blobs.uploads))
  tasks.add(giveBackMemory(master))
  if (config.descriptionFile !== undefined) tasks.add(followDescription(master, config.descriptionFile))
  for (const task of others) tasks.add(task)

  const authenticate = createAuthenticate(master.records, clock)
  const system = { health: readiness, tasks, shape, startedAt, settings: shownSettings }
  const app = createApi(master, {
    ...{ authenticate, metrics, ...system },
    authority: authority ?? parts.joining?.identity,
  })
  app.router.use(
    '/v2',
    createBlobRouter({ store: blobs, authenticate: onlyServingNodes(authenticate, master.records) }),
  )
  const server = await serve(app)
  const [publicUrl] = splitUrls(given.joining?.masterUrl ?? listenUrl(server.url, config))
  tasks.add(publishDiscovery(master, { revisions, url: publicUrl! }))
  const receivers = {
    'report.node.v1': createReportReceiver(master),
    'report.discovery.v1': createDiscoveryReceiver(master),
  }
  const reports = await bus.subscribeReports(byType(receivers))
  const facts = await bus.subscribeFacts(createFactReceiver(master), { prefetch: factsAtOnce })
  const dead = await bus.subscribeDead(createDeadFactReceiver(master))
  tasks.start()
  logger.info(
    { url: server.url, nodes: master.records.nodes.size, instances: master.records.instances.size },
    'serving',
  )

  return {
    url: server.url,
    registerNode: (registration) => registerNode(master, registration),
    renewNodeToken: (node) => renewNodeToken(master, node),
    stop: async () => {
      await server.close()
      await Promise.all([reports.stop(), facts.stop(), dead.stop()])
      await tasks.stop()
    },
  }
}

/** As others may reach it: at every address of the host when it listens at all of them. */
function listenUrl(url: string, { http: { host } }: MasterConfig): string {
  const listening = new URL(url)
  if (host === '0.0.0.0' || host === '::') listening.hostname = '0.0.0.0'
  return listening.origin
}
