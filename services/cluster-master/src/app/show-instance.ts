import type { Instance } from '@bramble/contracts'
import { projectInstance } from '../fleet/project.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** @throws `not_found` */
export const showInstance = (master: Master, nameOrId: string): Instance =>
  projectInstance(master.fleet, findDocument(master.records.instances, 'instance', nameOrId))
