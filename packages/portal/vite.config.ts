import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressedForms } from './tools/compressed-forms.ts'

// The management server, or the mock (`npm run mock-api`), while developing.
const api = process.env['SANAD_API'] ?? 'http://127.0.0.1:4400'

export default defineConfig({
  plugins: [react(), tailwindcss(), compressedForms()],
  build: {
    target: 'es2023',
    // The content security policy admits no data: URL for fonts or scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target: api, changeOrigin: false } } },
})
