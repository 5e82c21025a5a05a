// Reads single values out of XML that libvirt wrote: it is regular, so a pattern per value does.

/** Value of the first `name="..."` inside the first tag `<tag ...>`. */
export function attributeOf(xml: string, tag: string, name: string): string | undefined {
  const [open] = new RegExp(`<${tag}\\b[^>]*>`).exec(xml) ?? []
  return open === undefined ? undefined : attribute(open, name)
}

export const attribute = (openTag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}=(?:'([^']*)'|"([^"]*)")`)
    .exec(openTag)
    ?.slice(1)
    .find((value) => value !== undefined)

export const textOf = (xml: string, tag: string): string | undefined =>
  new RegExp(`<${tag}\\b[^>]*>([^<]*)</${tag}>`).exec(xml)?.[1]

/** Every `<tag ...>text</tag>`, with its opening tag. */
export const elementsOf = (xml: string, tag: string): { open: string; text: string }[] =>
  [...xml.matchAll(new RegExp(`(<${tag}\\b[^>]*>)([^<]*)</${tag}>`, 'g'))].map(([, open, text]) => ({
    open: open!,
    text: text!,
  }))
