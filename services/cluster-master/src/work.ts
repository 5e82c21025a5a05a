/** Ids with something to be done about them: what a task goes through instead of everything there is. */
export interface Work<Id> {
  add(id: Id): void
  /** All of them; they are here no more. */
  take(): Id[]
  isEmpty(): boolean
  /** Who is woken when something is added. */
  wakes(task: () => void): void
}

export function createWork<Id>(): Work<Id> {
  let ids = new Set<Id>()
  let wake = () => {}
  return {
    add: (id) => {
      ids.add(id)
      wake()
    },
    take: () => {
      const taken = [...ids]
      ids = new Set()
      return taken
    },
    isEmpty: () => ids.size === 0,
    wakes: (task) => void (wake = task),
  }
}
