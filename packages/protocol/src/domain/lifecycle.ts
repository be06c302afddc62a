import { type ProblemCode, SanadError } from '../text/problems.ts'

/**
 * A life as one total table: what each act does in each state, or the sentence that says why it is refused.
 *
 * Pure: no clock, no database, no HTTP. The server decides with it and the portal greys out buttons with it,
 * with the same sentence.
 */

export type Cell<State extends string> = { readonly next: State } | { readonly because: string }

export const to = <State extends string>(next: State): { readonly next: State } => ({ next })
export const no = (because: string): { readonly because: string } => ({ because })

export interface Lifecycle<State extends string, Act extends string> {
  readonly allows: (current: State, act: Act) => boolean
  /** @throws SanadError the code that the table was made with; its detail is the sentence */
  readonly next: (current: State, act: Act) => State
  /** One sentence for a disabled button; undefined where the act is allowed. */
  readonly whyRefused: (current: State, act: Act) => string | undefined
}

/** @param table not `Partial`: a new state or act does not compile until every cell is decided */
export function lifecycle<State extends string, Act extends string>(
  refusedWith: ProblemCode,
  table: Readonly<Record<State, Readonly<Record<Act, Cell<State>>>>>,
): Lifecycle<State, Act> {
  return {
    allows: (current, act) => 'next' in table[current][act],
    next: (current, act) => {
      const cell = table[current][act]
      if ('next' in cell) return cell.next
      throw new SanadError(refusedWith, cell.because)
    },
    whyRefused: (current, act) => {
      const cell = table[current][act]
      return 'because' in cell ? cell.because : undefined
    },
  }
}
