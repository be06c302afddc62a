// Runs before the first paint, so that a chosen theme never flashes. A file of its own, because the
// content security policy admits no inline script.
;(() => {
  try {
    const root = document.documentElement
    const theme = localStorage.getItem('sanad.theme')
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
    // Pseudo-languages prove that the layout bears long words and the other reading direction.
    const language = localStorage.getItem('sanad.language')
    if (language === 'en-XA' || language === 'en-XB') root.lang = language
    if (language === 'en-XB') root.dir = 'rtl'
  } catch {
    // Storage may be forbidden; the system's theme is then right.
  }
})()

// What is typed after `/` before the program is here is kept for it (src/frame/typed-ahead.ts): a barcode scanner
// types twenty characters in the time of one frame, and ends with Enter.
;(() => {
  const MOST_KEYS = 256
  /** @type {string[]} */
  const keys = []
  /** @param {KeyboardEvent} event */
  const listen = (event) => {
    const { key, target } = event
    if (event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented) return
    if (target instanceof Element && target.matches('input, textarea, select')) return
    const isOfSearch = keys.length === 0 ? key === '/' : /^(.|Enter|Backspace)$/su.test(key)
    if (!isOfSearch) return
    if (keys.length < MOST_KEYS) keys.push(key)
    event.preventDefault()
  }
  document.addEventListener('keydown', listen, true)
  window.sanadEarlyKeys = {
    take: () => {
      document.removeEventListener('keydown', listen, true)
      return keys.splice(0)
    },
  }
})()
