type Attributes = Record<string, string>

/** An XML element with escaped attributes; a string as content is text, an array holds elements made before. */
export function element(name: string, attributes: Attributes = {}, content: string | string[] = []): string {
  const open = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(value)}"`)].join(' ')
  if (typeof content === 'string') return `<${open}>${escapeXml(content)}</${name}>`
  if (content.length === 0) return `<${open}/>`
  return `<${open}>\n${indent(content.join('\n'))}\n</${name}>`
}

const indent = (text: string): string => text.replace(/^/gm, '  ')

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character]!)
