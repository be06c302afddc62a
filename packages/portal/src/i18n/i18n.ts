import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { english, type English } from '../locales/en/english.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: English }
    returnNull: false
  }
}

/** Pseudo-languages, to see that the layout bears long words (`en-XA`) and the other direction (`en-XB`). */
const PSEUDO_LANGUAGES = ['en-XA', 'en-XB']

export async function initialiseLanguage(): Promise<void> {
  const language = document.documentElement.lang
  const isPseudo = PSEUDO_LANGUAGES.includes(language)
  if (isPseudo) i18next.use((await import('./pseudo.ts')).pseudoLanguage)
  await i18next.use(initReactI18next).init({
    lng: isPseudo ? language : 'en',
    fallbackLng: 'en',
    resources: { en: { translation: english } },
    interpolation: { escapeValue: false },
    returnNull: false,
    ...(isPseudo && { postProcess: ['pseudo'] }),
    react: { useSuspense: false },
  })
  i18next.services.formatter?.add('number', (value) => formatNumber(Number(value)))
}

const numbers = new Intl.NumberFormat(navigator.language)

/** Numbers in the viewer’s own grouping, whatever language the words are in. */
export function formatNumber(value: number): string {
  return numbers.format(value)
}
