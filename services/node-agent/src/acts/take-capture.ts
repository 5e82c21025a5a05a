import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Captured, DesiredCapture } from '@bramble/contracts'
import { describeError, toProblem } from '@bramble/kit'
import type { AgentContext } from '../context.ts'
import { crashPoint } from '../crash-points.ts'
import type { CaptureSpec } from '../drivers/driver.ts'
import type { Job } from '../jobs.ts'
import { stateIn } from '../ledger/records.ts'
import type { CaptureRecord } from '../ledger/records.ts'
import type { StepOf } from '../step.ts'

/** Takes an artifact of a running instance and pushes it, at most once: it is written down before it is begun. */
export async function takeCapture({ capture }: StepOf<'capture'>, context: AgentContext, job: Job): Promise<void> {
  const { ledger, capturesDir } = context
  await ledger.putCapture({ capture })
  crashPoint('agent.capture.begun')
  const workDir = join(capturesDir, capture.id)
  try {
    await ledger.putCapture({ capture, outcome: await tryCapture(capture, workDir, context, job) })
    crashPoint('agent.capture.outcomeWritten')
  } finally {
    await rm(workDir, { recursive: true, force: true })
    crashPoint('agent.capture.folderRemoved')
  }
}

export const failCapture = ({ capture, problem }: StepOf<'failCapture'>, { ledger }: AgentContext): Promise<void> =>
  ledger.putCapture({ capture, outcome: { status: 'failed', problem } })

export const forgetCapture = ({ id }: StepOf<'forgetCapture'>, { ledger }: AgentContext): Promise<void> =>
  ledger.removeCapture(id)

async function tryCapture(
  capture: DesiredCapture,
  workDir: string,
  context: AgentContext,
  job: Job,
): Promise<CaptureRecord['outcome']> {
  try {
    return { status: 'done', captured: await captureAndPush(capture, workDir, context, job) }
  } catch (error) {
    context.logger.warn({ err: error, capture: capture.id }, `capture failed: ${describeError(error)}`)
    return { status: 'failed', problem: toProblem(error) }
  }
}

async function captureAndPush(
  capture: DesiredCapture,
  workDir: string,
  context: AgentContext,
  job: Job,
): Promise<Captured> {
  await mkdir(workDir, { recursive: true, mode: 0o711 })
  const artifact = await context.driver.capture(specOf(capture, workDir, context), job.show)
  crashPoint('agent.capture.taken')
  job.show('pushing')
  const repository = capture.kind === 'base' ? 'bases' : 'overlays'
  await context.pushArtifact(artifact, repository, (progress) => job.show('pushing', progress))
  crashPoint('agent.capture.pushed')
  return artifact.captured
}

function specOf({ instance: id, kind }: DesiredCapture, workDir: string, { ledger }: AgentContext): CaptureSpec {
  const record = ledger.instances().get(id)
  const { slot } = stateIn(record, 'ready')
  const source = record!.instance.source
  return {
    kind,
    instance: id,
    slot,
    workDir,
    ...(source.kind === 'synthesis' && { base: source.base, ...(source.overlay && { overlay: source.overlay }) }),
  }
}
