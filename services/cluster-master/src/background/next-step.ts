import { deriveId } from '@bramble/contracts'
import type { Instance, InstanceId, Operation } from '@bramble/contracts'
import { fitInstance } from '../app/fit-instance.ts'
import { isReleased } from '../domain/replacement.ts'
import { nextBaseStep, nextPushedStep } from '../domain/steps/base.ts'
import { nextDeleteStep } from '../domain/steps/delete.ts'
import { nextLaunchStep } from '../domain/steps/launch.ts'
import { nextOverlayStep } from '../domain/steps/overlay.ts'
import { nextReplaceStep } from '../domain/steps/replace.ts'
import type { Step } from '../domain/steps/step.ts'
import type { Master } from '../master.ts'

/** What comes next for an operation, given what is there now. */
export function nextStep(master: Master, operation: Operation): Step {
  const { records, operations } = master
  const { intent } = operation
  switch (intent.kind) {
    case 'instance.launch':
      return nextLaunchStep(operation, records.instances.get(intent.instance.id))
    case 'instance.delete': {
      const open = [...operations.about(intent.instance)].flatMap((id) => records.operations.get(id) ?? [])
      const launches = open.filter(({ kind }) => kind === 'instance.launch')
      return nextDeleteStep(intent.instance, { instance: records.instances.get(intent.instance), launches })
    }
    case 'instance.replace': {
      const instance = records.instances.get(intent.instance)
      const isOut = instance !== undefined && hasLeft(master, instance)
      return nextReplaceStep(operation, { instance, isReleased: isOut, fit: () => fitInstance(master, instance!) })
    }
    case 'base.create': {
      const base = records.bases.get(deriveId('base', operation.id))
      if (intent.request.source.kind === 'manifest') return nextPushedStep(operation, base)
      const builder = records.instances.get(deriveId('instance', operation.id))
      return nextBaseStep(operation, { base, builder, ...captureOf(master, operation, builder?.id) })
    }
    case 'overlay.create': {
      const overlay = records.overlays.get(deriveId('overlay', operation.id))
      const { source } = intent.request
      if (source.kind === 'manifest') return nextPushedStep(operation, overlay)
      const instance = records.instances.get(source.instance)
      return nextOverlayStep(operation, { overlay, instance, ...captureOf(master, operation, instance?.id) })
    }
  }
}

function hasLeft({ fleet, clock, startedAtMs }: Master, { id, node: on }: Instance): boolean {
  const node = fleet.node(on)
  const departure = node?.leaving.get(id)
  if (!node || !departure) return false
  const { heardAtMs = startedAtMs } = node
  const leaving = { isGone: node.gone.has(id), leftAtMs: departure.sinceMs, heardAtMs }
  return isReleased(leaving, clock.monotonicMs())
}

function captureOf({ fleet }: Master, operation: Operation, instance: InstanceId | undefined) {
  const id = deriveId('capture', operation.id)
  const held = instance === undefined ? undefined : fleet.accepted(instance)
  const node = held && fleet.node(held.node)
  return { isCaptureWanted: node?.captures.has(id) ?? false, outcome: node?.outcomes.get(id) }
}
