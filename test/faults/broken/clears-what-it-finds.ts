import type { Patch } from '../support/patch.ts'

/** The agent begins anew with what it did not start itself, in place of taking it over. */
export const clearsWhatItFinds: Patch = {
  file: 'services/node-agent/src/plan-keeping.ts',
  find: "ready: (sight) => (!isAlive(sight) ? 'fail' : sight.isAdopted ? undefined : 'adopt'),",
  replace: "ready: (sight) => (!isAlive(sight) ? 'fail' : sight.isAdopted ? undefined : 'clear'),",
}
