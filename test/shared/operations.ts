import { ProblemError, waitOperation } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { Instance, Operation, Problem } from '@bramble/contracts'

const timeoutMs = 120_000

/** The end of an operation, whatever it is. */
export const ended = async (client: Client, accepted: Promise<Operation> | Operation): Promise<Operation> =>
  waitOperation(client, (await accepted).id, { timeoutMs, stepMs: 50 })

/** The end of an operation that must succeed. */
export async function succeeded(client: Client, accepted: Promise<Operation> | Operation): Promise<Operation> {
  const operation = await ended(client, accepted)
  if (operation.status === 'succeeded') return operation
  throw new Error(`${operation.kind} ${operation.status}: ${JSON.stringify(operation.error)}`)
}

/** Why something that was asked for was refused, at once or in the end; it must not succeed. */
export async function refusal(
  client: Client,
  asked: Promise<unknown>,
): Promise<Problem & { when: 'before' | 'after' }> {
  try {
    const answer = await asked
    const operation = isOperation(answer) ? await ended(client, answer) : undefined
    if (operation?.status === 'failed' && operation.error) return { ...operation.error, when: 'after' }
    throw new Error(`it was not refused: ${JSON.stringify(operation ?? answer)}`)
  } catch (error) {
    if (error instanceof ProblemError) return { ...error.problem, when: 'before' }
    throw error
  }
}

const isOperation = (answer: unknown): answer is Operation =>
  typeof answer === 'object' && answer !== null && 'intent' in answer

/** Launches and waits until it runs. */
export async function launch(client: Client, body: Parameters<Client['instances']['launch']>[0]['body']) {
  const operation = await succeeded(client, client.instances.launch({ body }))
  return show(client, operation.resources.find(({ kind }) => kind === 'instance')!.id)
}

export const show = (client: Client, instance: string): Promise<Instance> =>
  client.instances.show({ params: { instance } })

export const remove = (client: Client, instance: string): Promise<Operation> =>
  succeeded(client, client.instances.remove({ params: { instance } }))
