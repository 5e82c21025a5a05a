import type { Patch } from '../support/patch.ts'

/** The agent removes what is no longer wanted only where it had a hand in it since it started. */
export const removesOnlyWhatItAdopted: Patch = {
  file: 'services/node-agent/src/plan.ts',
  find: 'const unwanted = records.filter((record) => !isWanted(record))',
  replace:
    "const unwanted = records.filter((it) => !isWanted(it) && (it.state.phase === 'deleted' || world.adopted.has(slotOf(it)?.id ?? '')))",
}
