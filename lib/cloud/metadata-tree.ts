/**
 * Metadata of a machine as a tree of texts by paths.
 */

/** A value, or a directory of such by name. */
export type MetadataNode = string | { readonly [name: string]: MetadataNode }

/** What a path names, null for nothing; slashes at its ends do not count. */
export const metadataAt = (root: MetadataNode, path: string): MetadataNode | null => {
  let node: MetadataNode = root
  for (const name of path.split('/')) {
    if (name === '') continue
    if (typeof node === 'string' || !Object.hasOwn(node, name)) return null
    node = node[name]!
  }
  return node
}

/** The names in a directory, one a line; those of directories end with a slash. */
export const metadataList = (node: Exclude<MetadataNode, string>): string =>
  Object.entries(node)
    .map(([name, child]) => (typeof child === 'string' ? name : `${name}/`))
    .join('\n')
