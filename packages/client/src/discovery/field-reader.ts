import { type Findings, show, showName } from './findings.ts'
import { type JsonMembers, JsonNumber, type TolerantJson } from './tolerant-json.ts'

/** Reads the members of one object by name, in whatever JSON type a program wrote them. */
export class FieldReader {
  readonly #object: JsonMembers
  readonly #findings: Findings
  readonly #prefix: string

  /** @param prefix path of the object within its entry: empty, or with a full stop at its end */
  constructor(object: JsonMembers, findings: Findings, prefix = '') {
    this.#object = object
    this.#findings = findings
    this.#prefix = prefix
    // Two readers would take two different values.
    for (const name of object.twice) {
      findings.refuse(this.path(showName(name)), 'the member stands there twice')
    }
  }

  path(name: string): string {
    return `${this.#prefix}${name}`
  }

  /** `null` is as good as absent. */
  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  raw(name: string): TolerantJson | undefined {
    return this.#object.members.get(name) ?? undefined
  }

  get names(): readonly string[] {
    return [...this.#object.members.keys()]
  }

  /**
   * @param others names that the member has in other editions, tried in order
   * @param most longest text; what is longer is cut
   */
  text(name: string, most: number, others: readonly string[] = []): string | undefined {
    const present = [name, ...others].find((candidate) => this.has(candidate))
    if (present === undefined) return undefined
    const value = this.raw(present)
    const text = this.#toText(present, value)
    if (present !== name && text !== undefined)
      this.#findings.tolerate('older-name', this.path(present), show(value), name)
    return text === undefined ? undefined : this.#cut(present, text, most)
  }

  /** A list of texts, or one text with commas. */
  list(name: string, longest: number, most: number): string[] {
    const value = this.raw(name)
    if (value === undefined) return []
    const elements = Array.isArray(value) ? value : this.#split(name, value)
    const texts = elements.flatMap((element) => this.#toText(name, element) ?? [])
    if (texts.length > longest)
      this.#findings.tolerate('too-long', this.path(name), show(value), `the first ${longest}`)
    return texts.slice(0, longest).map((text) => this.#cut(name, text, most))
  }

  #split(name: string, value: TolerantJson): TolerantJson[] {
    const elements =
      typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [value]
    this.#findings.tolerate('single-value', this.path(name), show(value), 'a list')
    return elements.filter((element) => element !== '')
  }

  #toText(name: string, value: TolerantJson | undefined): string | undefined {
    if (typeof value === 'string') return value
    if (value === null || value === undefined) return undefined
    if (typeof value === 'boolean' || value instanceof JsonNumber) {
      const text = typeof value === 'boolean' ? String(value) : value.text
      this.#findings.tolerate('json-type', this.path(name), show(value), show(text))
      return text
    }
    this.#findings.tolerate('json-type', this.path(name), show(value), 'nothing')
    return undefined
  }

  #cut(name: string, text: string, most: number): string {
    if (text.length <= most) return text
    this.#findings.tolerate('too-long', this.path(name), show(text), `its first ${most} characters`)
    return text.slice(0, most)
  }
}
