import { z } from 'zod'

/** Whether documents of a shape can have a field; dots reach into them, and into the items of their lists. */
export const hasField = (shape: z.ZodType, field: string): boolean => hasPath(shape, field.split('.'))

const hasPath = (shape: z.core.$ZodType, [head, ...rest]: string[]): boolean => {
  if (head === undefined) return true
  if (shape instanceof z.ZodObject) {
    const inner = Object.hasOwn(shape.shape, head) ? shape.shape[head] : undefined
    return inner !== undefined && hasPath(inner, rest)
  }
  if (shape instanceof z.ZodRecord) return hasPath(shape.valueType, rest)
  return innersOf(shape).some((inner) => hasPath(inner, [head, ...rest]))
}

/** What a shape is made of that adds no step to a path. */
const innersOf = (shape: z.core.$ZodType): readonly z.core.$ZodType[] => {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable || shape instanceof z.ZodDefault)
    return [shape.unwrap()]
  if (shape instanceof z.ZodArray) return [shape.element]
  return shape instanceof z.ZodUnion ? shape.options : []
}
