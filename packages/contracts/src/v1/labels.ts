import { z } from 'zod'

export const LabelKey = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, dots, dashes, slashes')
const LabelValue = z.string().max(200)

/** What an admin says of a node, for people and placement: `shelf: "2"`. */
export const Labels = z.record(LabelKey, LabelValue).refine((labels) => Object.keys(labels).length <= 64, 'at most 64')
export type Labels = z.infer<typeof Labels>

/** A merge patch of labels: null takes one away. */
export const LabelPatch = z.record(LabelKey, LabelValue.nullable())
export type LabelPatch = z.infer<typeof LabelPatch>
