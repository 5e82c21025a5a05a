import { defineCrashPoints } from '@bramble/kit'

/**
 * Right after each durable effect of a launch, a capture, a delete and a replacement, in the order in which they happen. The fault
 * suite kills the process at every one of them, and fails when one was never hit.
 */
export const crashPoint = defineCrashPoints([
  'launch.operationStored',
  'launch.instanceStored',
  'launch.published',
  'launch.statusStored',
  'launch.settled',
  'capture.operationStored',
  'capture.artifactStored',
  'capture.builderStored',
  'capture.published',
  'capture.artifactFinished',
  'capture.settled',
  'delete.operationStored',
  'delete.instanceMarked',
  'delete.published',
  'delete.instanceRemoved',
  'delete.settled',
  'replace.operationStored',
  'replace.instanceMoved',
  'replace.published',
  'replace.settled',
])

/** The table's first part for each kind of operation. */
export const crashPartOf = {
  'instance.launch': 'launch',
  'instance.delete': 'delete',
  'instance.replace': 'replace',
  'base.create': 'capture',
  'overlay.create': 'capture',
} as const
