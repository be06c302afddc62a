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
  ['\u2024', 'a one-dot leader'],
  ['\u061C', 'an Arabic letter mark'],
  ['\u00D7', 'a multiplication sign'],
  ['\uFFFD', 'a replacement character: the file was not saved as UTF-8'],
])

/** The first that fits. Letters of other alphabets are named with the one they are mistaken for. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/[\u202A-\u202E\u2066-\u2069]/, 'an invisible mark of writing direction'],
  // Some of these are letters and marks by their category, and nothing to see: a Hangul filler, a variation selector.
  [/[\p{Default_Ignorable_Code_Point}\u2800]/u, 'an invisible character'],
  [/[\uFF10-\uFF19]/, 'a full-width digit'],
  [/[\uFF21-\uFF3A\uFF41-\uFF5A]/, 'a full-width letter'],
  [/[\uFF00-\uFFEF]/, 'a full-width character'],
  [/\p{Co}/u, 'a character of private use'],
  [/[\u0660-\u0669]/, 'an Arabic-Indic digit'],
  [/[\u06F0-\u06F9]/, 'a Persian digit'],
  [/\p{Zs}/u, 'a space of another kind'],
  [/\p{Pd}/u, 'a dash'],
  [/\p{Cc}/u, 'a control character'],
  [/\p{C}/u, 'an invisible character'],
]

/** Scripts in which people write device lists, or whose letters are mistaken for those of A to Z. */
const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  'Arabic|Armenian|Bengali|Cherokee|Cyrillic|Devanagari|Ethiopic|Georgian|Greek|Gujarati|Gurmukhi|Han|Hangul',
  'Hebrew|Hiragana|Kannada|Katakana|Khmer|Lao|Lisu|Malayalam|Mongolian|Myanmar|Oriya|Sinhala|Tamil|Telugu|Thai',
]
  .flatMap((names) => names.split('|'))
  .map((name) => [new RegExp(`\\p{Script=${name}}`, 'u'), name])

/** `a Bengali digit`, `an Arabic letter`: what kind it is of, and of which script, where that is not the Latin one. */
function kindOf(character: string): string | undefined {
  const kind = KINDS.find(([isKind]) => isKind.test(character))?.[1]
  if (kind !== undefined) return kind
  // One that is not odd by itself, but where it stands.
  if (/^[0-9A-Za-z]$/.test(character)) return undefined
  const sort = sortOf(character)
  if (sort === undefined) return undefined
  const script = SCRIPTS.find(([isOf]) => isOf.test(character))?.[1]
  if (script !== undefined) return `${/^[AEIOU]/.test(script) ? 'an' : 'a'} ${script} ${sort}`
  return {
    digit: 'a digit of another script',
    number: 'a number sign of another kind',
    letter: 'a letter outside A to Z',
    mark: 'an accent or mark',
  }[sort]
}

function sortOf(character: string): 'digit' | 'number' | 'letter' | 'mark' | undefined {
  if (/\p{Nd}/u.test(character)) return 'digit'
  if (/\p{N}/u.test(character)) return 'number'
  if (/\p{L}/u.test(character)) return 'letter'
  return /\p{M}/u.test(character) ? 'mark' : undefined
}

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    ...zip('АВЕЅІЈКМНОРСТУХЗӀӏаеіјорсухһԁԛԝ', 'ABESIJKMHOPCTYX3Ilaeijopcyxhdqw'),
    ...zip('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοντ', 'ABEZHIKMNOPTYXovt'),
    ...zip('ԱՍՏՕօՈսոցհ', 'UUSOonungh'),
    ...zip('ᎠᎡᎢᎪᎬᎳᎷᎻᏀᏃᏂᏋᏎᏏᏒᏔᏚᏞᏟᏢᏦᏴ', 'DRTAEWMHGZhESbRWSLCPKB'),
    ...zip('ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ', 'BPDTGKJCZFNLSRVHWXYAEIOU'),
    ...zip('ıȷɑɡɩℓ', 'ijagil'),
  ].map(([odd, plain]) => [odd, plain]),
)

function zip(odd: string, plain: string): [string, string][] {
  return Array.from(odd).map((letter, index) => [letter, plain[index] ?? ''])
}

const codePointOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** The letter or digit that it is mistaken for, or is a variant of: `É`, `Ａ`, `𝐀`, `①`. */
function plainOf(character: string): string | undefined {
  const twin = LOOK_ALIKES.get(character)
  if (twin !== undefined) return twin
  const whole = character.normalize('NFKD')
  return whole !== character && /^[0-9A-Za-z]\p{M}*$/u.test(whole) ? whole.slice(0, 1) : undefined
}

/** Of another script, and mistaken for a letter of A to Z: nobody sees the difference. */
export const isLookAlike = (character: string): boolean => LOOK_ALIKES.has(character)

/** `a no-break space (U+00A0)`; of a letter that is mistaken for another, which. */
export function nameCharacter(character: string): string {
  const name = NAMES.get(character) ?? kindOf(character)
  const twin = plainOf(character)
  const codePoint = codePointOf(character)
  if (name === undefined) return `the character ‘${character}’ (${codePoint})`
  return twin === undefined
    ? `${name} (${codePoint})`
    : `${name} that looks like ‘${twin}’ (${codePoint})`
}

/** MF §3: the longest serial number; a longer text is cut when it is shown. */
const MOST_SHOWN = 64
/** An accent is shown apart from its letter; the vowel signs of a script with vowel signs are not. */
const INVISIBLE =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?=\p{M})\p{Script=Inherited}|(?! )\p{Zs}/gu

/** With what cannot be seen written out: `EXS442⟨U+00A0⟩C08`. */
export const writeOut = (text: string): string =>
  text.replaceAll(INVISIBLE, (character) => `⟨${codePointOf(character)}⟩`)

/** In quotation marks, cut, and with what cannot be seen written out: `‘EXS442⟨U+00A0⟩C08’`. */
export function show(text: string): string {
  const characters = Array.from(text)
  const cut = characters.slice(0, MOST_SHOWN).join('')
  return `‘${writeOut(cut)}${characters.length > MOST_SHOWN ? '…' : ''}’`
}
