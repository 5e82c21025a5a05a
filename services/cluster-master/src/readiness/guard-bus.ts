import type { Bus } from '@bramble/kit'

/** The same bus; what could not be published raises doubts about it. */
export const guardBus = (bus: Bus, doubt: () => void): Bus => ({
  ...bus,
  publishDesired: async (key, document) => {
    try {
      await bus.publishDesired(key, document)
    } catch (error) {
      doubt()
      throw error
    }
  },
})
