import { isLookAlike, nameCharacter, show } from '@sanad/protocol/domain/named-character'
import type { ImportModel } from './model-catalogue.ts'

/** What to say of a name that is not known: the name, and the known ones that it may have been meant to be. */

const MOST_NAMED = 5

/**
 * Sentences by what they are about. To find the nearest of all known names costs some milliseconds, and a file may
 * have half a million rows: usually with one wrong name, and with no more than these that are worth a search.
 */
const MOST_EXPLAINED = 200

export class Explanations {
  readonly #sentences = new Map<string, string>()

  explain(key: string, compose: () => string): string | undefined {
    const known = this.#sentences.get(key)
    if (known !== undefined || this.#sentences.size >= MOST_EXPLAINED) return known
    const sentence = compose()
    this.#sentences.set(key, sentence)
    return sentence
  }
}

/** `No model ‘Slap 422’ of ‘Example’; known: ‘Slap 442’.` */
export function explainUnknownModel(
  make: string,
  model: string,
  known: readonly ImportModel[],
): string {
  const ofMake = known.filter((each) => each.make === make.normalize('NFC'))
  const what = `No model ${show(model)} of ${show(make)}`
  const odd = explainOdd(ofMake.length > 0 ? model : make)
  if (ofMake.length > 0) {
    const models = ofMake.map((each) => each.model)
    return `${what}${odd === undefined ? '' : `: the name has ${odd}`}${listed(models, model)}.`
  }
  const makes = [...new Set(known.map((each) => each.make))]
  return `${what}: ${odd === undefined ? 'there is no such make' : `the make has ${odd}`}${listed(makes, make)}.`
}

/** `No group ‘Nord’; known: ‘North’, ‘South’.` */
export const explainUnknownGroup = (group: string, known: readonly string[]): string =>
  `No group ${show(group)}${listed(known, group)}.`

/** The nearest first. */
export function listed(known: readonly string[], meant: string): string {
  if (known.length === 0) return '; none is known'
  const nearest = known
    .map((name) => ({ name, distance: distanceOf(fold(name), fold(meant)) }))
    .sort((one, other) => one.distance - other.distance)
  const named = nearest.slice(0, MOST_NAMED).map(({ name }) => show(name))
  const more = known.length - named.length
  return `; known: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** What a spreadsheet or an editor has put there: nobody sees the difference. */
function explainOdd(name: string): string | undefined {
  if (name.includes('  ')) return 'two spaces in a row'
  const odd =
    /[\p{C}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|[\u2010-\u2015\u2018-\u201F\u2212]/u.exec(
      name,
    )?.[0] ?? Array.from(name).find(isLookAlike)
  return odd === undefined ? undefined : nameCharacter(odd)
}

const fold = (name: string): string => name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ')

/** Levenshtein’s, over names, which are short. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_cell, index) => index)
  for (const [down, letter] of one.slice(0, 64).split('').entries()) {
    const next = [down + 1]
    for (let at = 1; at <= other.length; at++) {
      const change = (row[at - 1] ?? 0) + (letter === other[at - 1] ? 0 : 1)
      next.push(Math.min(change, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
