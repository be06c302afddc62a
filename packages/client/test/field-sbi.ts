import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RawSbi } from './raw-sbi.ts'

/** Answers of SBIs that were met in the field, as files: each verb's body as JSON. */
export interface FieldAnswers {
  readonly MOSIPDISC: readonly Record<string, unknown>[]
  readonly MOSIPDINFO: readonly Record<string, unknown>[]
}

/** @param file below `test/field`, without `.json` */
export const readField = (file: string): FieldAnswers =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, 'field', `${file}.json`), 'utf8'),
  ) as FieldAnswers

const play =
  (answers: object) =>
  (verb: string): string | undefined =>
    verb in answers ? JSON.stringify(answers[verb as keyof typeof answers]) : undefined

/** An SBI with these answers, until it is disposed of. */
export async function openFieldSbi(answers: object): Promise<RawSbi> {
  const sbi = await RawSbi.open()
  sbi.answer = play(answers)
  return sbi
}
