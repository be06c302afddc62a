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
