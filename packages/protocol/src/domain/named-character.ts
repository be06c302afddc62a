/**
 * Characters by the names that people know them by, and texts with everything invisible made visible.
 *
 * An operator who is told "invalid character" looks at a number that seems right; told "a no-break space
 * (U+00A0) after ‘EXS442’", they find it.
 */

const NAMES: ReadonlyMap<string, string> = new Map([
  [' ', 'a space'],
  ['\t', 'a tab'],
  ['\n', 'a line break'],
  ['\r', 'a line break'],
  ['\0', 'a null character'],
  ['\u0085', 'a line break'],
  ['\u2028', 'a line break'],
  ['\u2029', 'a line break'],
  ["'", 'an apostrophe'],
  ['"', 'a quotation mark'],
  [',', 'a comma'],
  [';', 'a semicolon'],
  [':', 'a colon'],
  ['\u00A0', 'a no-break space'],
  ['\u202F', 'a narrow no-break space'],
  ['\u2007', 'a figure space'],
  ['\u2009', 'a thin space'],
  ['\u3000', 'a full-width space'],
  ['\u200B', 'a zero-width space'],
  ['\u200C', 'a zero-width non-joiner'],
  ['\u200D', 'a zero-width joiner'],
  ['\u2060', 'a word joiner'],
  ['\uFEFF', 'a byte order mark'],
  ['\u00AD', 'a soft hyphen'],
  ['\u200E', 'a left-to-right mark'],
  ['\u200F', 'a right-to-left mark'],
  ['\u2010', 'a typographic hyphen'],
  ['\u2011', 'a no-break hyphen'],
  ['\u2012', 'a figure dash'],
  ['\u2013', 'an en dash'],
  ['\u2014', 'an em dash'],
  ['\u2212', 'a minus sign'],
  ['\u2018', 'a curly quotation mark'],
  ['\u2019', 'a curly apostrophe'],
  ['\u201A', 'a curly quotation mark'],
  ['\u201C', 'a curly quotation mark'],
  ['\u201D', 'a curly quotation mark'],
  ['\u201E', 'a curly quotation mark'],
  ['\u00AB', 'an angle quotation mark'],
  ['\u00BB', 'an angle quotation mark'],
  ['\u00B4', 'an acute accent'],
  ['`', 'a grave accent'],
  ['\u2032', 'a prime'],
  ['\u2033', 'a double prime'],
  ['\u2026', 'an ellipsis'],
  ['\u2044', 'a fraction slash'],
  ['\u00D7', 'a multiplication sign'],
  ['\uFFFD', 'a replacement character: the file was not saved as UTF-8'],
])

/** The first that fits. Letters of other alphabets are named with the one they are mistaken for. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/[\uFF10-\uFF19]/, 'a full-width digit'],
  [/[\uFF21-\uFF3A\uFF41-\uFF5A]/, 'a full-width letter'],
  [/[\uFF00-\uFFEF]/, 'a full-width character'],
  [/[\u0660-\u0669]/, 'an Arabic-Indic digit'],
  [/[\u06F0-\u06F9]/, 'a Persian digit'],
  [/[\u0966-\u096F]/, 'a Devanagari digit'],
  [/\p{Nd}/u, 'a digit of another script'],
  [/\p{N}/u, 'a number sign of another kind'],
  [/\p{Script=Cyrillic}/u, 'a Cyrillic letter'],
  [/\p{Script=Greek}/u, 'a Greek letter'],
  [/\p{L}/u, 'a letter outside A to Z'],
  [/\p{M}/u, 'an accent or mark'],
  [/\p{Zs}/u, 'a space of another kind'],
  [/\p{Pd}/u, 'a dash'],
  [/\p{Cc}/u, 'a control character'],
  [/\p{C}/u, 'an invisible character'],
]

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    ...zip('АВЕЅІЈКМНОРСТУХаеіјорсух', 'ABESIJKMHOPCTYXaeijopcyx'),
    ...zip('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο', 'ABEZHIKMNOPTYXo'),
  ].map(([odd, plain]) => [odd, plain]),
)

function zip(odd: string, plain: string): [string, string][] {
  return Array.from(odd).map((letter, index) => [letter, plain[index] ?? ''])
}

const codePointOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** `a no-break space (U+00A0)`; of a letter that is mistaken for another, which. */
export function nameCharacter(character: string): string {
  const name = NAMES.get(character) ?? KINDS.find(([kind]) => kind.test(character))?.[1]
  const twin = LOOK_ALIKES.get(character)
  if (twin !== undefined) return `${name} that looks like ‘${twin}’ (${codePointOf(character)})`
  if (name === undefined) return `the character ‘${character}’`
  return `${name} (${codePointOf(character)})`
}

/** MF §3: the longest serial number; a longer text is cut when it is shown. */
const MOST_SHOWN = 64
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{M}]|(?! )\p{Zs}/gu

/** In quotation marks, cut, and with what cannot be seen written out: `‘EXS442⟨U+00A0⟩C08’`. */
export function show(text: string): string {
  const characters = Array.from(text)
  const cut = characters.slice(0, MOST_SHOWN).join('')
  const visible = cut.replaceAll(INVISIBLE, (character) => `⟨${codePointOf(character)}⟩`)
  return `‘${visible}${characters.length > MOST_SHOWN ? '…' : ''}’`
}
