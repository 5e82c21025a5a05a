import { z } from 'zod'
import { Digest } from './ids.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'
import { ClusterSpec, InterfaceSpec, NodeSpec, PlacementSpec, PolicySpec, UserSpec } from './description.ts'

const declares = <const Section extends string, Spec extends z.ZodType>(section: Section, spec: Spec) =>
  z.object({ section: z.literal(section), spec })

/** What one item of a description says, under the section that it stands in. */
export const Declared = z.discriminatedUnion('section', [
  declares('interface', InterfaceSpec),
  declares('clusters', ClusterSpec),
  declares('nodes', NodeSpec),
  declares('policies', PolicySpec),
  declares('placement', PlacementSpec),
  declares('users', UserSpec),
])
export type Declared = z.infer<typeof Declared>
export type Section = Declared['section']

/** One item that a description made; of a range of nodes each has its own. */
export const Declaration = Declared.and(
  z.object({
    id: z.string().meta({ description: 'section and name, `nodes.pi-07`' }),
    item: z.string().meta({ description: 'its name; empty in a section that is one item' }),
    key: z.string().meta({ description: 'where it stands in the file, `nodes.pi[01-16]`' }),
    isNamed: z
      .boolean()
      .meta({ description: 'whether the description applied last names it: then the file manages it' }),
    ...stored,
  }),
).meta({ id: 'Declaration' })
export type Declaration = z.infer<typeof Declaration>

/** The description applied last. */
export const AppliedDescription = z
  .object({
    digest: Digest,
    at: Timestamp,
    by: z.string().meta({ description: 'id of the token; `file` for the master’s own file' }),
    from: z.string().meta({ description: 'the file it came from, as whoever applied it calls it' }),
  })
  .meta({ id: 'AppliedDescription' })
export type AppliedDescription = z.infer<typeof AppliedDescription>

export const ShownDescription = z
  .object({
    applied: AppliedDescription.optional(),
    file: z.string().optional().meta({ description: 'the file that the master follows' }),
    refused: z
      .object({ at: Timestamp, mistakes: z.array(z.string()) })
      .optional()
      .meta({ description: 'why that file, as it is now, is not applied' }),
    items: z.array(Declaration),
    expected: z.array(z.string()).meta({ description: 'nodes that are named and have not joined' }),
  })
  .meta({ id: 'ShownDescription' })
export type ShownDescription = z.infer<typeof ShownDescription>

/** `left`: no longer named, kept as it is; `pruned`: what a description made is taken back. */
export const DescriptionChange = z
  .object({ id: z.string(), verb: z.enum(['created', 'updated', 'left', 'pruned']) })
  .meta({ id: 'DescriptionChange' })
export type DescriptionChange = z.infer<typeof DescriptionChange>

const yesOrNo = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

export const ApplyDescription = z
  .object({
    prune: yesOrNo.meta({ description: 'take back what a description made and this one does not name' }),
    dryRun: yesOrNo.meta({ description: 'only answer what would be changed' }),
    from: z
      .string()
      .min(1)
      .max(500)
      .default('the description')
      .meta({ description: 'the file, as those call it who are to change it' }),
  })
  .strict()
export type ApplyDescription = z.infer<typeof ApplyDescription>

export const DescriptionChanges = z
  .object({ digest: Digest, changes: z.array(DescriptionChange) })
  .meta({ id: 'DescriptionChanges' })
export type DescriptionChanges = z.infer<typeof DescriptionChanges>
