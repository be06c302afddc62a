import { readFileSync } from 'node:fs'
import { parseAst } from 'rolldown/parseAst'

/**
 * The words of a source file that are code: names, texts, and what texts become when they are put together. A
 * comment may say “capture”; a program that could ask for one would have to have the word somewhere, whole or in
 * parts. What is made at run time out of something else, no look at the source can find: for that there is the
 * recording SBI.
 */

interface Node {
  readonly type: string
  readonly name?: unknown
  readonly value?: unknown
  readonly [member: string]: unknown
}

export interface Word {
  readonly text: string
  /** How it came about. */
  readonly how: 'name' | 'text' | 'put together' | 'encoded' | 'reversed' | 'from numbers'
}

export function listWords(path: string): Word[] {
  return [...wordsOf(parseAst(readFileSync(path, 'utf8'), { lang: 'ts' }) as unknown as Node)]
}

/** For the test of this reader itself. */
export function listWordsIn(source: string): Word[] {
  return [...wordsOf(parseAst(source, { lang: 'ts' }) as unknown as Node)]
}

function* wordsOf(node: Node): Generator<Word> {
  if (typeof node.name === 'string') yield { text: node.name, how: 'name' }
  const text = textOf(node)
  if (text !== undefined) yield* wordsOfText(text)
  if (COMPOSED.has(node.type)) yield* wordsOfParts(node)
  for (const child of childrenOf(node)) yield* wordsOf(child)
}

/** Expressions whose texts, one after the other, may become one. */
const COMPOSED = new Set([
  'BinaryExpression',
  'TemplateLiteral',
  'ArrayExpression',
  'CallExpression',
  'TSTemplateLiteralType',
  'VariableDeclaration',
])

function* wordsOfText(text: string): Generator<Word> {
  yield { text, how: 'text' }
  yield { text: Array.from(text).toReversed().join(''), how: 'reversed' }
  for (const encoding of ['base64', 'hex'] as const)
    yield { text: Buffer.from(text, encoding).toString('latin1'), how: 'encoded' }
}

function* wordsOfParts(node: Node): Generator<Word> {
  const texts = [...leavesOf(node, textOf)]
  if (texts.length > 1) yield { text: texts.join(''), how: 'put together' }
  const numbers = [...leavesOf(node, numberOf)]
  if (numbers.length > 3) yield { text: String.fromCharCode(...numbers), how: 'from numbers' }
}

function* leavesOf<T>(node: Node, read: (node: Node) => T | undefined): Generator<T> {
  const own = read(node)
  if (own !== undefined) yield own
  for (const child of childrenOf(node)) yield* leavesOf(child, read)
}

function textOf({ type, value }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value
  if (type !== 'TemplateElement' || typeof value !== 'object' || value === null) return undefined
  return 'cooked' in value && typeof value.cooked === 'string' ? value.cooked : undefined
}

function numberOf({ type, value }: Node): number | undefined {
  return type === 'Literal' && typeof value === 'number' ? value : undefined
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** In the order in which they stand in the source: the parts of a template are kept in two lists. */
function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode)
    .toSorted((a, b) => Number(a['start'] ?? 0) - Number(b['start'] ?? 0))
}
