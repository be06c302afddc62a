import { printable } from '../discovery/findings.ts'

/** Lines of a page that break between words, and in which nothing that an SBI sent disturbs the terminal. */

const WIDTH = 80
const LABEL_WIDTH = 10

/** @param below indentation of the lines after the first */
export function wrap(text: string, indent: string, below: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of printable(text).split(' ')) {
    const isFirst = line.trim() === ''
    const joined = isFirst ? `${line}${word}` : `${line} ${word}`
    if (isFirst || joined.length <= WIDTH) line = joined
    else {
      lines.push(line)
      line = `${below}${word}`
    }
  }
  return [...lines, line]
}

/** A word in a column of its own, and beside it what it is about. */
export function label(name: string, text: string, indent: string): string[] {
  const column = ' '.repeat(indent.length + LABEL_WIDTH)
  const [first = '', ...more] = wrap(text, column, column)
  return [`${indent}${name.padEnd(LABEL_WIDTH)}${first.trimStart()}`, ...more]
}
