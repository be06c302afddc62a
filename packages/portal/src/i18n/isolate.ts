/**
 * A name, code or time inside a sentence: in a page that is read from the right it keeps its own direction, and what
 * stands around it is not drawn into it (Unicode UAX #9, FSI and PDI). Elsewhere it stays plain, so that it can be copied.
 */
export const isolate = (text: string): string =>
  document.documentElement.dir === 'rtl' ? `\u2068${text}\u2069` : text
