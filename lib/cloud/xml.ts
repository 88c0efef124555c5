/**
 * XML as the APIs of clouds write it: elements and text, without attributes that mean anything.
 */
import { NetloomError } from '../errors.js'

/** An element: its name, its children in order, and its text. */
export class XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  readonly text: string

  constructor(name: string, children: readonly XmlElement[], text: string) {
    this.name = name
    this.children = children
    this.text = text
  }

  /** The first child of a name, null when there is none. */
  child(name: string): XmlElement | null {
    return this.children.find(c => c.name === name) ?? null
  }

  /** Text of the first descendant by a path of names; empty when there is none. */
  at(...path: string[]): string {
    let element: XmlElement | null = this
    for (const name of path) element = element?.child(name) ?? null
    return element?.text ?? ''
  }

  /** The elements called `item` of a list. */
  items(list: string): readonly XmlElement[] {
    return this.child(list)?.children.filter(c => c.name === 'item') ?? []
  }
}

/** What an element holds: text, further elements by name, or a list of such under the name `item`; null leaves it out. */
export type XmlContent = string | number | boolean | null | XmlMembers | readonly XmlContent[]

/** Elements by their names, in order. */
export interface XmlMembers {
  readonly [name: string]: XmlContent
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, c => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&quot;'))

const unescapeXml = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, (_whole, name: string) => {
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)))
    return { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name]!
  })

/** An element as text, indented by four columns a level as EC2 does. */
export const xmlElement = (name: string, content: XmlContent, depth = 0, attrs = ''): string => {
  const indent = '    '.repeat(depth)
  if (content === null) return ''
  if (content === '') return `${indent}<${name}${attrs}/>\n`
  if (typeof content !== 'object') return `${indent}<${name}${attrs}>${escapeXml(`${content}`)}</${name}>\n`
  const members: [string, XmlContent][] = Array.isArray(content)
    ? content.map((item: XmlContent): [string, XmlContent] => ['item', item])
    : Object.entries(content as XmlMembers)
  const inner = members.map(([child, value]) => xmlElement(child, value, depth + 1)).join('')
  return inner === '' ? `${indent}<${name}${attrs}/>\n` : `${indent}<${name}${attrs}>\n${inner}${indent}</${name}>\n`
}

/** Reads a document. Throws EFORMAT for what is no XML of this kind. */
export const parseXml = (document: string): XmlElement => {
  const fail = (what: string): never => {
    throw new NetloomError('EFORMAT', `XML: ${what}`)
  }
  const root: { name: string; children: XmlElement[]; text: string } = { name: '', children: [], text: '' }
  const stack = [root]
  for (const [, tag, text] of document.matchAll(/<([^>]*)>|([^<]+)/g)) {
    const top = stack.at(-1)!
    if (text !== undefined) top.text += unescapeXml(text)
    else if (tag!.startsWith('?') || tag!.startsWith('!')) continue
    else if (tag!.startsWith('/')) {
      const open = stack.pop()!
      if (stack.length === 0 || open.name !== tag!.slice(1).trim()) fail(`</${tag!.slice(1)}> closes nothing`)
      stack.at(-1)!.children.push(elementOf(open))
    } else {
      const [name = ''] = tag!.replace(/\/$/, '').trim().split(/\s/)
      if (tag!.endsWith('/')) top.children.push(new XmlElement(name, [], ''))
      else stack.push({ name, children: [], text: '' })
    }
  }
  if (stack.length !== 1) fail(`<${stack.at(-1)!.name}> is not closed`)
  return root.children[0] ?? fail('no element')
}

const elementOf = (o: { name: string; children: XmlElement[]; text: string }): XmlElement =>
  new XmlElement(o.name, o.children, o.children.length === 0 ? o.text : '')
