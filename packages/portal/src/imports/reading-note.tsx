import type { Encoding } from '@sanad/protocol/domain/table-head'
import { useTranslation } from 'react-i18next'

const NAMES: Readonly<Record<string, 'comma' | 'semicolon' | 'tab' | 'bar'>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
}

interface ReadingNoteProps {
  readonly encoding: Encoding
  readonly delimiter: string
  readonly above?: readonly string[] | undefined
}

const quote = (text: string): string => `“${text}”`

/** In one sentence: how the bytes of a table were read. */
export function ReadingNote({ encoding, delimiter, above = [] }: ReadingNoteProps) {
  const { t } = useTranslation()
  const name = NAMES[delimiter] ?? 'other'
  return (
    <p className="mt-3 text-12 text-muted">
      {t('imports.mapping.read', {
        encoding,
        delimiter: t(`imports.mapping.delimiter.${name}`, { delimiter }),
      })}
      {above.length > 0 && ` ${t('imports.mapping.above', { rows: above.map(quote).join(', ') })}`}
      {encoding === 'windows-1252' && ` ${t('imports.mapping.windows')}`}
    </p>
  )
}
