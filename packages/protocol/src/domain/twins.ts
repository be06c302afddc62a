/**
 * Serial numbers that people, and spreadsheets, take for one another: `EXS442C110001` and `exs442c110001`.
 *
 * Which numbers are twins is decided where they can be searched for: by `serial_no_likeness` in the database
 * (migration 0140). Here stands only in what two of them differ.
 */

const STEPS: readonly (readonly [(text: string) => string, string])[] = [
  [(text) => text.toUpperCase(), 'capital and small letters'],
  [(text) => text.replaceAll(/[-./_ ]/g, ''), 'separators'],
  [(text) => text.replaceAll(/O/gi, '0'), 'O and 0'],
  [(text) => text.replaceAll(/[IL]/gi, '1'), 'I, l and 1'],
  [(text) => text.replaceAll(/(?<![0-9])[0O]+(?=[0-9])/gi, ''), 'leading zeros'],
]

/** `leading zeros`: the least in which they differ; several, where it takes them all. */
export function explainTwin(one: string, other: string): string {
  const alone = STEPS.find(([fold]) => fold(one) === fold(other))
  if (alone !== undefined) return alone[1]
  const needed: string[] = []
  let [left, right] = [one, other]
  for (const [fold, name] of STEPS) {
    const [nextLeft, nextRight] = [fold(left), fold(right)]
    if (nextLeft !== left || nextRight !== right) needed.push(name)
    ;[left, right] = [nextLeft, nextRight]
    if (left === right) break
  }
  return needed.join(', ')
}
