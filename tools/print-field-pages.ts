import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHEETS, countPages, printSheet } from './field-pages.ts'

/** Prints the technicians' sheets into a folder: `node tools/print-field-pages.ts [folder]`, dist when left out. */
const [, , folder = 'dist'] = process.argv
mkdirSync(folder, { recursive: true })
for (const name of SHEETS) {
  const pdf = await printSheet(name)
  const path = join(folder, name.replace('.md', '.pdf'))
  writeFileSync(path, pdf)
  process.stdout.write(`${path}  pages: ${countPages(pdf)}\n`)
}
