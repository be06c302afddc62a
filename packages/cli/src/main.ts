import { explain } from '@sanad/command-line/program'
import { runWords } from './run-words.ts'

/** The operators’ command line, over the same API as the portal. */
try {
  await runWords(process.argv.slice(2))
} catch (error) {
  process.exitCode = explain(error)
}
