import type { PostProcessorModule } from 'i18next'

const ACCENTED: Record<string, string> = {
  a: 'á',
  e: 'é',
  i: 'í',
  o: 'ó',
  u: 'ú',
  A: 'Á',
  E: 'É',
  O: 'Ó',
  U: 'Ú',
  c: 'ç',
  n: 'ñ',
}

/** Every text a third longer and visibly translated; what stays plain was not put into the catalogue. */
export const pseudoLanguage: PostProcessorModule = {
  type: 'postProcessor',
  name: 'pseudo',
  process: (value) => {
    const accented = value.replace(/[aeiouAEOUcn]/g, (letter) => ACCENTED[letter] ?? letter)
    return `${accented}${'~'.repeat(Math.ceil(value.length / 3))}`
  },
}
