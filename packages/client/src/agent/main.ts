import { runWords } from './command-line.ts'

void runWords(process.argv.slice(2)).then((code) => {
  // Does not wait for the event loop: a chip that is still busy would hold it.
  process.exit(code)
})
