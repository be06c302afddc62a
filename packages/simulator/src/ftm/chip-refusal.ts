/** Why a chip says no: a closed list, part of the chip link's documented interface. */
export type ChipProblem =
  | 'chip.request-malformed'
  | 'chip.verb-unknown'
  | 'chip.signing-refused'
  | 'chip.key-unknown'
  | 'chip.key-limit-reached'
  | 'chip.certificate-refused'
  | 'chip.failed'

export class ChipRefusal extends Error {
  readonly problem: ChipProblem

  constructor(problem: ChipProblem, detail: string, options?: ErrorOptions) {
    super(`${problem}: ${detail}`, options)
    this.name = 'ChipRefusal'
    this.problem = problem
  }
}
