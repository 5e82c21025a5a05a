import type { Delivery, DeliveryHandler } from '@bramble/kit'

/** Hands a message to who takes its type. @throws for a type that nobody takes */
export const byType =
  (receivers: Readonly<Record<string, DeliveryHandler>>) =>
  async (delivery: Delivery): Promise<void> => {
    const { type } = delivery.body
    const receive = Object.hasOwn(receivers, type) ? receivers[type] : undefined
    if (!receive) throw new Error(`nobody takes messages of the type ${type}`)
    await receive(delivery)
  }
