/**
 * What names, labels and annotations may be.
 *
 * @see k8s.io/apimachinery pkg/util/validation/validation.go, pkg/api/validation/objectmeta.go
 */
import { goQuote } from '../../app/go-text.js'
import type { ObjectMeta } from './meta.js'
import type { FieldError } from './status.js'

const DNS1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const SUBDOMAIN_MAX = 253
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const NAME_MAX = 63
const NAME_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const LABEL_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
/** Octets that all annotations of an object may have together. */
const ANNOTATIONS_MAX = 256 * 1024

const matches = (pattern: string, text: string): boolean => new RegExp(`^${pattern}$`).test(text)

/** Text behind what is wrong, with examples as Kubernetes gives them. */
const regexError = (text: string, pattern: string, ...examples: readonly string[]): string =>
  `${text} (e.g. ${examples.map(e => `'${e}'`).join(',  or ')}, regex used for validation is '${pattern}')`

const tooLong = (max: number): string => `must be no more than ${max} characters`

/** What is wrong with a DNS-1123 subdomain. */
export const dns1123SubdomainErrors = (value: string): string[] => [
  ...(value.length > SUBDOMAIN_MAX ? [tooLong(SUBDOMAIN_MAX)] : []),
  ...(matches(SUBDOMAIN, value) ? [] : [regexError(SUBDOMAIN_TEXT, SUBDOMAIN, 'example.com')]),
]

/** What is wrong with the key of a label or an annotation. */
export const qualifiedNameErrors = (value: string): string[] => {
  const parts = value.split('/')
  const example = regexError(NAME_TEXT, QUALIFIED, 'MyName', 'my.name', '123-abc')
  if (parts.length > 2)
    return [
      `a qualified name ${regexError(NAME_TEXT.replace('name part ', ''), QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const errors: string[] = []
  const name = parts.at(-1)!
  if (parts.length === 2) {
    if (parts[0] === '') errors.push('prefix part must be non-empty')
    else errors.push(...dns1123SubdomainErrors(parts[0]!).map(e => `prefix part ${e}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > NAME_MAX) errors.push(`name part ${tooLong(NAME_MAX)}`)
  if (!matches(QUALIFIED, name)) errors.push(example)
  return errors
}

/** What is wrong with the value of a label. */
export const labelValueErrors = (value: string): string[] => [
  ...(value.length > NAME_MAX ? [tooLong(NAME_MAX)] : []),
  ...(matches(LABEL_VALUE, value) ? [] : [regexError(LABEL_TEXT, LABEL_VALUE, 'MyValue', 'my_value', '12345')]),
]

const invalid = (at: string, value: string, details: readonly string[]): FieldError[] =>
  details.map(detail => ({ field: at, type: 'Invalid', value: goQuote(value), detail }))

/** What is wrong with the labels. */
export const labelErrors = (labels: Readonly<Record<string, string>>): FieldError[] =>
  Object.entries(labels).flatMap(([key, value]) => [
    ...invalid('metadata.labels', key, qualifiedNameErrors(key)),
    ...invalid('metadata.labels', value, labelValueErrors(value)),
  ])

/** What is wrong with the annotations. */
export const annotationErrors = (annotations: Readonly<Record<string, string>>): FieldError[] => {
  const errors = Object.keys(annotations).flatMap(key =>
    invalid('metadata.annotations', key, qualifiedNameErrors(key.toLowerCase())),
  )
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (size <= ANNOTATIONS_MAX) return errors
  return [
    ...errors,
    { field: 'metadata.annotations', type: 'TooLong', detail: `may not be more than ${ANNOTATIONS_MAX} bytes` },
  ]
}

/** What is wrong with the metadata of a new object whose name is a DNS subdomain (ValidateObjectMeta). */
export const objectMetaErrors = (meta: ObjectMeta): FieldError[] => {
  const { name, generateName = '', labels = {}, annotations = {} } = meta
  const errors: FieldError[] = []
  if (generateName !== '')
    errors.push(
      ...invalid('metadata.generateName', generateName, dns1123SubdomainErrors(generateName.replace(/-$/, ''))),
    )
  if ((name ?? '') === '')
    errors.push({ field: 'metadata.name', type: 'Required', detail: 'name or generateName is required' })
  else errors.push(...invalid('metadata.name', name, dns1123SubdomainErrors(name)))
  return [...errors, ...labelErrors(labels), ...annotationErrors(annotations)]
}
