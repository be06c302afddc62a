import { LONGEST_FORM, fitsForm, parseSerialForm } from './serial-form.ts'
import { examineSerialNo } from './serial-number.ts'

/**
 * The form of a model’s serial numbers, proposed from those that were approved.
 *
 * Numbers that a spreadsheet damaged may be among them, so the form is that of most, and the others are named:
 * a form that admits everything which was ever approved would admit the damage again.
 */

export interface ProposedForm {
  readonly form: string | undefined
  /** How many were looked at. */
  readonly looked: number
  readonly fitting: number
  /** Some of those that do not fit. */
  readonly others: readonly string[]
}

/** Fewer show no form. */
const LEAST_TO_PROPOSE = 3
const MOST_OTHERS = 20
/** Of the sound numbers, the share that a form speaks for. */
const MOST_OF_THEM = 0.9

export function proposeForm(serialNos: readonly string[]): ProposedForm {
  const sound = serialNos.filter((text) => examineSerialNo(text).fault === undefined)
  const form = sound.length < LEAST_TO_PROPOSE ? undefined : findForm(sound)
  return judgeForm(form, serialNos)
}

/** How many of them a form admits, and some that it does not. */
export function judgeForm(form: string | undefined, serialNos: readonly string[]): ProposedForm {
  const parsed = form === undefined ? undefined : parseSerialForm(form)
  const others = serialNos.filter((text) => parsed === undefined || !fitsForm(parsed, text))
  return {
    form,
    looked: serialNos.length,
    fitting: serialNos.length - others.length,
    others: form === undefined ? [] : others.slice(0, MOST_OTHERS),
  }
}

/** By runs of one kind where they agree; else by their length and alphabet alone. */
function findForm(serialNos: readonly string[]): string | undefined {
  const byRuns = largestGroup(serialNos, (text) => shapeOf(text).join(''))
  const runs = isMost(byRuns, serialNos)
    ? formOfRuns(withoutShort(byRuns, serialNos))
    : formOfWhole(serialNos)
  return runs === undefined || runs.length > LONGEST_FORM ? undefined : runs
}

/** Where most are of one length, those that are shorter may have lost their zeros; longer ones come later. */
function withoutShort(group: readonly string[], all: readonly string[]): readonly string[] {
  const usual = largestGroup(group, (text) => String(text.length))
  const length = usual[0]?.length ?? 0
  return isMost(usual, all) ? group.filter((text) => text.length >= length) : group
}

const isMost = (group: readonly string[], all: readonly string[]): boolean =>
  group.length >= MOST_OF_THEM * all.length

function largestGroup(
  serialNos: readonly string[],
  keyOf: (text: string) => string,
): readonly string[] {
  const groups = new Map<string, string[]>()
  for (const text of serialNos) {
    const key = keyOf(text)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [text])
    else group.push(text)
  }
  return [...groups.values()].reduce(
    (best, group) => (group.length > best.length ? group : best),
    [],
  )
}

const RUN = /[0-9]+|[A-Z]+|[a-z]+|[^0-9A-Za-z]/g
const runsOf = (text: string): readonly string[] => text.match(RUN) ?? []

/** Which kind each run is of, whatever its length: `@#@#`. */
const shapeOf = (text: string): string[] => runsOf(text).map(symbolOf)

function symbolOf(run: string): string {
  if (/^[0-9]/.test(run)) return '#'
  if (/^[A-Z]/.test(run)) return '@'
  return /^[a-z]/.test(run) ? '&' : run
}

/** Each run is the same everywhere, or is counted. */
function formOfRuns(serialNos: readonly string[]): string {
  const [first = [], ...rest] = serialNos.map(runsOf)
  return first
    .map((run, index) => {
      const all = [run, ...rest.map((runs) => runs[index] ?? '')]
      return all.every((each) => each === run)
        ? literal(run)
        : counted(symbolOf(run), lengthsOf(all))
    })
    .join('')
}

const literal = (text: string): string =>
  text.replaceAll(/[^0-9A-Za-z./_-]/g, (character) => `\\${character}`)

/** What all begin with, and as many as there are of the alphabet behind it. */
function formOfWhole(serialNos: readonly string[]): string | undefined {
  const length = largestGroup(serialNos, (text) => String(text.length))
  const some = isMost(length, serialNos) ? length : serialNos
  const prefix = commonPrefix(some)
  const rest = some.map((text) => text.slice(prefix.length))
  const symbol = ['#', '@', '&', '*', '?'].find((each) =>
    rest.every((text) => ALPHABETS[each]?.test(text) === true),
  )
  return symbol === undefined ? undefined : literal(prefix) + counted(symbol, lengthsOf(rest))
}

const ALPHABETS: Readonly<Record<string, RegExp>> = {
  '#': /^[0-9]*$/,
  '@': /^[A-Z]*$/,
  '&': /^[a-z]*$/,
  '*': /^[0-9A-Z]*$/,
  '?': /^[0-9A-Za-z]*$/,
}

/** Letters and separators; the digits behind them may be those of the first batch only. */
function commonPrefix(texts: readonly string[]): string {
  const [first = ''] = texts
  let length = 0
  while (length < first.length && texts.every((text) => text[length] === first[length])) length++
  return /^(?:.*[A-Za-z./_-])?/.exec(first.slice(0, length))?.[0] ?? ''
}

interface Lengths {
  readonly least: number
  readonly most: number
}

function lengthsOf(texts: readonly string[]): Lengths {
  const lengths = texts.map(({ length }) => length)
  // A spread of some hundred thousand arguments is more than a call takes.
  return {
    least: lengths.reduce((least, each) => Math.min(least, each), Infinity),
    most: lengths.reduce((most, each) => Math.max(most, each), 0),
  }
}

function counted(symbol: string, { least, most }: Lengths): string {
  if (least !== most) return `${symbol}{${least},${most}}`
  return most === 1 ? symbol : `${symbol}{${most}}`
}
