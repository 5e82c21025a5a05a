import { listAll } from '@bramble/client'
import type { Page } from '@bramble/contracts'
import type { Command } from 'commander'
import { openSession, type Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'

// The verbs that every noun has, `list` and `show`, made from the noun's calls and the shape of its output.

type ListCall<Item> = (input: { query: Record<string, unknown> & { cursor?: string } }) => Promise<Page<Item>>

interface ListFlags {
  filter?: string
  sort?: string
  limit?: string
}

const take = async <Item>(items: AsyncIterable<Item>, most: number): Promise<Item[]> => {
  const taken: Item[] = []
  for await (const item of items) {
    if (taken.push(item) >= most) break
  }
  return taken
}

/** Runs a command's action with its session. */
export const withSession =
  <Rest extends unknown[]>(act: (session: Session, ...rest: Rest) => Promise<void>) =>
  async (...all: unknown[]): Promise<void> => {
    const command = all.at(-1) as Command
    await act(openSession(command), ...(all.slice(0, -1) as Rest))
  }

interface Listing<Item> {
  what: string
  shape: Shape<Item>
  list: (session: Session) => ListCall<Item>
  /** What a flag lists in place of it. */
  instead?: OtherList
}

interface OtherList {
  flag: string
  what: string
  run: (session: Session, flags: ListFlags) => Promise<void>
}

const printList = async <Item>(
  session: Session,
  { shape, list }: Pick<Listing<Item>, 'shape' | 'list'>,
  { filter, sort, limit }: ListFlags,
): Promise<void> => {
  const most = limit === undefined ? Infinity : Number(limit)
  const query = { filter, sort, limit: Math.min(most, 1000) }
  session.output.items(await take(listAll(list(session), query), most), shape)
}

export const listInstead = <Item>({ flag, ...listing }: Listing<Item> & { flag: string }): OtherList => ({
  ...{ flag, what: listing.what },
  run: (session, flags) => printList(session, listing, flags),
})

export const addList = <Item>(parent: Command, listing: Listing<Item>, name = 'list'): Command => {
  const { what, instead } = listing
  const command = parent
    .command(name)
    .description(`list ${what}`)
    .option('--filter <terms>', 'field=value, field!=value, field~part; joined by commas')
    .option('--sort <field>', 'sort by a field; -field for descending')
    .option('--limit <n>', 'at most so many')
  if (instead) command.option(`--${instead.flag}`, `${instead.what} instead`)
  if (name === 'list') command.alias('ls')
  return command.action(
    withSession(async (session, flags: ListFlags & Record<string, unknown>) => {
      if (instead && flags[instead.flag]) return instead.run(session, flags)
      return printList(session, listing, flags)
    }),
  )
}

interface Showing<Item> {
  what: string
  shape: Shape<Item>
  show: (session: Session, name: string) => Promise<Item>
}

export const addShow = <Item>(parent: Command, { what, shape, show }: Showing<Item>): Command =>
  parent
    .command('show <name>')
    .description(`show ${what}`)
    .action(withSession(async (session, name: string) => session.output.item(await show(session, name), shape)))
