import { z } from 'zod'

/** Counts the VMs that an instance has had: it grows each time the instance is replaced. Absent: its first one. */
export const Incarnation = z.number().int().min(1)

interface Incarnated {
  incarnation?: number | undefined
}

/** Whether both speak of the same VM of an instance: a node may know an earlier one than is wanted of it now. */
export const isSameIncarnation = (a: Incarnated, b: Incarnated): boolean =>
  (a.incarnation ?? 0) === (b.incarnation ?? 0)
