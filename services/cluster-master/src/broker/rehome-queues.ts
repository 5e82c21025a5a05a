// Of a cluster of brokers each keeps some of the plain queues (those of receivers, and that of reports), and alone. While
// one is away RabbitMQ (4.0) refuses what is published to its queues, and lets whoever declares or consumes one wait for a minute.
// What is in them is made anew anyway: so they are deleted, which ends that waiting, and made again on a broker that lives.
// The bus declares the queue of reports by itself. Facts are on all brokers, and never touched.
//
// A queue that is deleted and made again just while its broker starts can end up there twice, and who consumes the one hears
// nothing of the other. So it is done at once, long before the broker can be back, and what is down is looked for again after
// each few (docs/decisions/0014-the-bus-on-rabbitmq.md).
import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import type { Logger, TaskDefinition } from '@bramble/kit'
import { makeQueue } from './make-queue.ts'
import { createManagementApi } from './management-api.ts'
import type { ManagementAccess, ManagementApi } from './management-api.ts'
import type { Lease } from '../store/lease.ts'

const periodMs = 1000
const atOnce = 50

interface Queue {
  name: string
  type: string
  state: string
}

/** Only while this master has the lease: two that make a queue again would delete each other's. */
export function rehomeQueues(
  access: ManagementAccess & { vhost: string },
  { logger, lease }: { logger: Logger; lease: Pick<Lease, 'isHeld'> },
): TaskDefinition {
  const { vhost } = access
  const api = createManagementApi(access)
  /** Those that may be deleted and not made again: no list names them. */
  const unmade = new Set<string>()
  const rehomeAll = async (names: string[]) => {
    for (const name of names) unmade.add(name)
    await Promise.all(names.map((name) => rehome(api, vhost, name).then(() => unmade.delete(name))))
    if (names.length > 0) logger.warn({ queues: names }, 'made queues again whose broker is away')
  }
  return {
    name: 'rehome-queues',
    periodMs,
    run: async (stopping) => {
      const mayAct = () => !stopping.aborted && lease.isHeld()
      if (mayAct()) await rehomeAll([...unmade])
      while (mayAct() && (await isBrokerAway(api))) {
        const queues = (await strandedQueues(api, vhost)).slice(0, atOnce)
        if (queues.length === 0 || !mayAct()) return
        await rehomeAll(queues)
      }
    },
  }
}

async function isBrokerAway(api: ManagementApi): Promise<boolean> {
  const nodes = (await api.list(['nodes'], ['running'])) as { running: boolean }[]
  return nodes.some(({ running }) => !running)
}

/** Those of the bus; the queue of reports first, which the master itself waits for. */
async function strandedQueues(api: ManagementApi, vhost: string): Promise<string[]> {
  // Of a single queue RabbitMQ does not say that it is down; in the list it does.
  const queues = (await api.list(['queues', vhost], ['name', 'type', 'state'])) as Queue[] | undefined
  const stranded = (queues ?? []).filter(({ type, state }) => type === 'classic' && state === 'down')
  const names = stranded.map(({ name }) => name)
  return [...names.filter((name) => name === reports), ...names.filter((name) => receiverOf(name) !== undefined)]
}

async function rehome(api: ManagementApi, vhost: string, name: string): Promise<void> {
  await api.ask('DELETE', ['queues', vhost, name])
  const receiver = receiverOf(name)
  if (receiver !== undefined) await makeQueue(api, vhost, receiver)
}

const reports = topology.queues.reports.name
const prefix = topology.queues.desired('' as ReceiverKey).name
const receiverOf = (queue: string): ReceiverKey | undefined =>
  queue.startsWith(prefix) ? (queue.slice(prefix.length) as ReceiverKey) : undefined
