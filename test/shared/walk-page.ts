// A page of the documentation, walked: its commands run as they stand, section by section, on compose projects that play
// its hosts.
import { readPages, walkOf } from '@bramble/testkit'
import type { WalkBlock } from '@bramble/testkit'
import type { Project } from './compose-project.ts'

export interface Stage {
  /** Plays the host on which commands run that the page marks with no other. */
  here: Project
  /** Plays the others, by what the page calls them. */
  others: Record<string, Project>
  /** What is the test's own, such as its address, in place of what is written. */
  translate: (script: string) => string
}

export interface Walk {
  path: string
  stage: () => Stage
  /** What the page says of where a section leads to, by its heading; they get what its blocks printed. */
  outcomes: Record<string, (printed: string[]) => Promise<void> | void>
}

export function walkPage({ path, stage, outcomes }: Walk): void {
  const [page] = readPages([path])
  const sections = [...Map.groupBy(walkOf(page!), ({ heading }) => heading)]
  // Each section begins where the one before it led to.
  let isOnTheWay = true

  it.each(sections)(
    '%s',
    async (heading, blocks) => {
      if (!isOnTheWay) throw new Error('a section before this one failed')
      isOnTheWay = false
      const printed: string[] = []
      for (const block of blocks) printed.push(await runBlock(stage(), block))
      await outcomes[heading]?.(printed)
      isOnTheWay = true
    },
    400_000,
  )

  it('comes through all that the page promises', () => {
    const headings = sections.map(([heading]) => heading)
    expect(Object.keys(outcomes).filter((heading) => !headings.includes(heading))).toEqual([])
  })
}

async function runBlock({ here, others, translate }: Stage, { hosts, script }: WalkBlock): Promise<string> {
  const projects = hosts.length > 0 ? hosts.map((host) => others[host]!) : [here]
  let printed = ''
  for (const project of projects) printed += await project.shell(translate(script))
  await acceptInvitations(others, { script, printed })
  return printed
}

/** What an invitation prints is run on the host that it names, as the pages say. */
async function acceptInvitations(others: Stage['others'], { script, printed }: { script: string; printed: string }) {
  const invited = [...script.matchAll(/node invite (\S+)/g)].map(([, host]) => host!)
  const commands = printed.match(/^BRAMBLE__MASTER__URL=.* docker compose .*$/gm) ?? []
  expect(commands).toHaveLength(invited.length)
  await Promise.all(invited.map((host, index) => others[host]!.shell(commands[index]!)))
}
